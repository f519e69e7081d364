package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tools that people have, on a real daemon: qemu-img, qemu-io, nbdinfo, nbdcopy, fio. */
final class NbdIT {
  private static final int MIB = 1 << 20;

  @TempDir static Path folder = Path.of("");

  private static Daemon daemon;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    daemon = Daemon.format(folder, "512MiB");
    daemon.start("--nbd-socket", socket());
  }

  @AfterAll
  static void stop() throws IOException {
    daemon.close();
  }

  private static String socket() {
    return folder.resolve("nbd/socket").toString();
  }

  private static String uri(String export) {
    return "nbd+unix:///" + export + "?socket=" + socket();
  }

  /** Data with holes between. */
  private static Path image(int mebibytes) throws IOException {
    Random random = new Random(7);
    byte[] bytes = new byte[mebibytes * MIB];
    for (int at = 0; at < bytes.length; at += MIB) {
      if (random.nextInt(3) > 0) {
        byte[] part = new byte[random.nextInt(MIB / 4096) * 4096];
        random.nextBytes(part);
        System.arraycopy(part, 0, bytes, at, part.length);
      }
    }
    return Files.write(folder.resolve("image"), bytes);
  }

  private static String qemuIo(String uri, String... commands)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("qemu-io", "-f", "raw"));
    for (String command : commands) {
      line.addAll(List.of("-c", command));
    }
    line.add(uri);
    String output = Shell.run(line.toArray(String[]::new)).ok();
    if (output.contains("failed")) {
      throw new AssertionError(output);
    }
    return output;
  }

  @Test
  void whatGoesInByQemuImgComesOutByEveryOtherWay() throws Exception {
    Path image = image(24);
    daemon.millrace("volume", "create", "v", "--size", "24MiB").ok();
    Shell.run("qemu-img", "convert", "-n", "-O", "raw", "" + image, uri("v")).ok();
    Shell.run("qemu-img", "compare", "-f", "raw", "-F", "raw", "" + image, uri("v")).ok();
    Path copy = folder.resolve("copy");
    Shell.run("nbdcopy", uri("v"), "" + copy).ok();
    assertEquals(-1, Files.mismatch(image, copy), "by nbdcopy, on four connections");
    daemon.millrace("volume", "create", "w", "--size", "24MiB").ok();
    Shell.run("nbdcopy", "--flush", "" + image, uri("w")).ok();
    Shell.run("qemu-img", "compare", "-f", "raw", "-F", "raw", uri("v"), uri("w")).ok();
    String device = daemon.attach("w");
    Shell.run("cmp", "" + image, device).ok();
    Shell.run("qemu-img", "compare", "-f", "raw", "-F", "raw", "" + image, uri("w")).ok();
    daemon.millrace("volume", "detach", "w").ok();
    String list = Shell.run("nbdinfo", "--list", uri("")).ok();
    assertTrue(list.contains("export=\"v\"") && list.contains("export=\"w\""), list);
    assertTrue(list.contains("can_multi_conn: true"), list);
    String id = daemon.field("id", "volume", "create", "x", "--size", "1MiB");
    assertEquals("1048576", Shell.run("nbdinfo", "--size", uri(id)).ok().strip(), "by its id");
  }

  @Test
  void patternsOfQemuIoReadBackAndZeroesAreHoles() throws Exception {
    daemon.millrace("volume", "create", "patterns", "--size", "16MiB").ok();
    qemuIo(
        uri("patterns"),
        "write -P 1 0 4M",
        "write -f -P 2 1536 1024",
        "aio_write -P 3 8M 2M",
        "aio_write -P 4 10M 512k",
        "aio_flush",
        "write -z -u 1M 1M",
        "write -z 2M 64k",
        "discard 3M 512k",
        "flush",
        "read -P 1 0 1536",
        "read -P 2 1536 1024",
        "read -P 1 2560 1046016",
        "read -P 0 1M 1M",
        "read -P 0 2M 64k",
        "read -P 1 2112k 960k",
        "read -P 0 3M 512k",
        "read -P 3 8M 2M",
        "read -P 4 10M 512k");
    String map = Shell.run("nbdinfo", "--map", uri("patterns")).ok();
    List<String> rows = map.lines().map(line -> line.strip().replaceAll(" +", " ")).toList();
    assertEquals(
        List.of(
            "0 1048576 0 data",
            "1048576 1114112 3 hole,zero",
            "2162688 983040 0 data",
            "3145728 524288 3 hole,zero",
            "3670016 524288 0 data",
            "4194304 4194304 3 hole,zero",
            "8388608 2621440 0 data",
            "11010048 5767168 3 hole,zero"),
        rows);
  }

  @Test
  void aBackupReadsASnapshotAndWhatHasChangedSince() throws Exception {
    daemon.millrace("volume", "create", "saved", "--size", "16MiB").ok();
    qemuIo(uri("saved"), "write -P 1 0 8M");
    daemon.millrace("snapshot", "create", "saved", "monday").ok();
    qemuIo(uri("saved"), "write -P 2 1M 64k", "discard 4M 128k");
    Shell.run("qemu-io", "-r", "-f", "raw", "-c", "read -P 1 0 8M", uri("monday")).ok();
    for (String context : List.of("millrace:changed-since:monday", "qemu:dirty-bitmap:monday")) {
      String map = Shell.run("nbdinfo", "--map=" + context, uri("saved")).ok();
      List<String> rows = map.lines().map(line -> line.strip().replaceAll(" +", " ")).toList();
      assertEquals(5, rows.size(), map);
      assertTrue(rows.get(1).startsWith("1048576 65536 1"), map);
      assertTrue(rows.get(3).startsWith("4194304 131072 1"), map);
    }
    String snapshot = Shell.run("nbdinfo", uri("monday")).ok();
    assertTrue(snapshot.contains("is_read_only: true"), snapshot);
  }

  @Test
  void fioFindsWhatItWroteOnSeveralConnections() throws Exception {
    daemon.millrace("volume", "create", "shared", "--size", "64MiB").ok();
    Shell.run(
            "fio",
            "--name=nbd",
            "--ioengine=nbd",
            "--uri=" + uri("shared"),
            "--rw=randrw",
            "--bssplit=4k/60:16k/30:256k/10",
            "--iodepth=32",
            "--numjobs=3",
            "--offset_increment=16m",
            "--size=16m",
            "--io_size=24m",
            "--fsync=64",
            "--verify=crc32c",
            "--verify_state_save=0",
            "--verify_fatal=1")
        .ok();
  }

  @Test
  void whatWasFlushedIsThereAfterAKillAndSoIsWhatWasAnswered() throws Exception {
    daemon.millrace("volume", "create", "killed", "--size", "16MiB").ok();
    qemuIo(uri("killed"), "write -P 5 0 1M", "flush", "write -f -P 6 1M 4k");
    // It is killed with the client's last writes answered and not flushed.
    Process client = open("killed", "write -P 7 2M 64k");
    daemon.kill();
    client.destroyForcibly().waitFor();
    daemon.start("--nbd-socket", socket());
    qemuIo(uri("killed"), "read -P 5 0 1M", "read -P 6 1M 4k", "read -P 7 2M 64k");
  }

  /** A client that has done that to the volume and stays. */
  private static Process open(String volume, String command)
      throws IOException, InterruptedException {
    Path log = folder.resolve("client.log");
    Process client =
        new ProcessBuilder(
                "stdbuf",
                "-oL",
                "qemu-io",
                "-f",
                "raw",
                "-c",
                command,
                "-c",
                "sleep 60000",
                uri(volume))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    for (int i = 0; !Files.readString(log).contains("ops"); i++) {
      if (i == 500 || client.waitFor(20, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("the client has not begun: " + Files.readString(log));
      }
    }
    return client;
  }

  @Test
  void aVolumeThatAClientWritesToIsNeitherAttachedNorTakenAway() throws Exception {
    daemon.millrace("volume", "create", "open", "--size", "16MiB").ok();
    Process client = open("open", "write 0 4k");
    for (String[] refused :
        new String[][] {
          {"volume", "attach", "open"},
          {"volume", "delete", "open"},
          {"volume", "resize", "open", "--size", "8MiB", "--allow-shrink"}
        }) {
      Shell.Result result = daemon.millrace(refused);
      assertEquals(4, result.exitCode(), result.output());
      assertTrue(result.output().contains("1 NBD clients"), result.output());
    }
    daemon.millrace("volume", "resize", "open", "--size", "32MiB").ok();
    assertEquals("33554432", Shell.run("nbdinfo", "--size", uri("open")).ok().strip());
    client.destroyForcibly().waitFor();
    String device = daemon.attach("open");
    Shell.Result written = Shell.run("qemu-io", "-f", "raw", "-c", "write 0 4k", uri("open"));
    assertTrue(written.exitCode() != 0, "it is read-only now: " + written.output());
    assertTrue(device.startsWith("/dev/loop"), device);
    daemon.millrace("volume", "detach", "open").ok();
  }
}
