package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disk images that become volumes: what comes out again is what went in, or nothing went in. */
final class ImportIT {
  private static final long IMAGE_BYTES = (48L << 20) + 3 * 512;

  @TempDir static Path folder = Path.of("");
  private static Path image = Path.of("");

  /** Data, zeros that were written, and holes, of an odd length. */
  @BeforeAll
  static void makeImage() throws Exception {
    image = folder.resolve("image");
    byte[] data = new byte[5 << 20];
    new Random(4711).nextBytes(data);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(IMAGE_BYTES);
      file.write(data);
      file.seek((9L << 20) + 512);
      file.write(data, 0, 70_000);
      file.write(new byte[3 << 20]);
      file.seek(IMAGE_BYTES - 700);
      file.write(data, 0, 700);
    }
  }

  private static Daemon store(String name) throws Exception {
    return Daemon.format(Files.createDirectories(folder.resolve(name)), "256MiB");
  }

  private static Shell.Result take(Daemon daemon, Object file, String volume, String... more)
      throws Exception {
    List<String> line =
        new java.util.ArrayList<>(
            List.of("store", "import", file.toString(), volume, "--store", daemon.store()));
    line.addAll(List.of("--staging-dir", daemon.staging().toString()));
    line.addAll(List.of(more));
    return Tool.run(line.toArray(String[]::new));
  }

  private static String export(Daemon daemon, String volume) throws Exception {
    String file = folder.resolve("exported-" + volume).toString();
    Tool.run("store", "export", volume, file, "--force", "--store", daemon.store()).ok();
    return file;
  }

  private static void assertSame(Path wanted, String file) throws Exception {
    assertEquals(-1, Files.mismatch(wanted, Path.of(file)), file);
  }

  @Test
  void whatIsExportedIsWhatWasImportedAndZerosTakeNoRoom() throws Exception {
    try (Daemon daemon = store("raw")) {
      String told = take(daemon, image, "v", "--format", "raw").ok();
      assertTrue(told.contains("as volume v ("), told);
      assertTrue(told.contains("at 48.0 MiB of 48.0 MiB"), told);
      assertSame(image, export(daemon, "v"));
      String info = Tool.run("store", "info", daemon.store(), "-o", "json").ok();
      assertTrue(info.contains("\"volumes\": 1, "), info);
      long blocks = (5 << 20) / 4096 + (70_000 + 512) / 4096 + 1 + 1;
      assertTrue(info.contains("\"physical_bytes\": " + blocks * 4096), info);
      Tool.run("store", "check", daemon.store()).ok();
      daemon.start();
      assertSame(image, copy(daemon.attach("v"), "served"));
    }
  }

  private static String copy(String device, String name) throws Exception {
    String file = folder.resolve(name).toString();
    Shell.bash("cat " + device + " > " + file);
    return file;
  }

  @Test
  void aQcow2ImageAndABlockDeviceAreTakenToo() throws Exception {
    try (Daemon daemon = store("qcow2")) {
      Path qcow2 = folder.resolve("image.qcow2");
      Shell.run("qemu-img", "convert", "-c", "-O", "qcow2", image.toString(), qcow2.toString())
          .ok();
      Path scratch = Files.createDirectories(folder.resolve("scratch"));
      String told =
          take(daemon, qcow2, "v", "--format", "qcow2", "--scratch", scratch.toString()).ok();
      assertTrue(told.contains("converting 48.0 MiB of qcow2 in "), told);
      assertEquals(0, scratch.toFile().list().length, "the raw copy is gone");
      assertSame(image, export(daemon, "v"));
      try (Daemon other = store("device")) {
        other.start();
        String device = other.attachNew("w", "8MiB");
        Shell.bash("dd if=" + image + " of=" + device + " bs=1M count=8 conv=fsync");
        take(daemon, device, "w", "--format", "raw").ok();
        assertSame(Path.of(copy(device, "device-content")), export(daemon, "w"));
      }
    }
  }

  @Test
  void aBlankVolumeIsFilledAndKeepsItsIdAndSizeAndOneInUseIsRefused() throws Exception {
    try (Daemon daemon = store("blank")) {
      daemon.start();
      daemon.millrace("volume", "create", "v", "--size", "64MiB", "--acknowledge", "durable").ok();
      daemon.millrace("volume", "create", "small", "--size", "48MiB").ok();
      String id = daemon.field("id", "volume", "list");
      assertEquals(4, take(daemon, image, "v", "--format", "raw").exitCode(), "it is served");
      daemon.terminate();
      take(daemon, image, "v", "--format", "raw").ok();
      String exported = export(daemon, "v");
      assertEquals(64L << 20, Files.size(Path.of(exported)));
      Shell.run("cmp", "-n", String.valueOf(IMAGE_BYTES), exported, image.toString()).ok();
      String before = Shell.bash("cksum < " + exported);
      Shell.Result again = take(daemon, image, "v", "--format", "raw");
      assertEquals(4, again.exitCode(), again.output());
      assertTrue(again.output().contains("volume v has been written to"), again.output());
      Shell.Result small = take(daemon, image, "small", "--format", "raw");
      assertEquals(4, small.exitCode(), small.output());
      assertTrue(small.output().contains("has 50331648 bytes, 50333184 are needed"));
      assertEquals(before, Shell.bash("cksum < " + export(daemon, "v")));
      daemon.start();
      assertEquals(id, daemon.field("id", "volume", "list"));
      assertEquals("DURABLE", daemon.field("acknowledge", "volume", "list"));
    }
  }

  @Test
  void aKilledImportLeavesNoVolumeAndTheNextOneCleansUp() throws Exception {
    try (Daemon daemon = store("killed")) {
      Path large = folder.resolve("large");
      Shell.bash("head -c 120M /dev/urandom > " + large);
      Process importing = begin(daemon, large);
      await(importing, "of data");
      importing.destroyForcibly();
      assertTrue(importing.waitFor(10, TimeUnit.SECONDS));
      daemon.start();
      String volumes = daemon.millrace("volume", "list").ok();
      assertFalse(volumes.contains(" v "), volumes);
      assertTrue(volumes.contains(" .millrace-import "), volumes);
      daemon.terminate();
      take(daemon, large, "v", "--format", "raw").ok();
      assertSame(large, export(daemon, "v"));
      daemon.start();
      assertFalse(daemon.millrace("volume", "list").ok().contains(".millrace-import"));
    }
  }

  private static Process begin(Daemon daemon, Path file) throws Exception {
    String path = file.toString();
    String staging = daemon.staging().toString();
    ProcessBuilder builder =
        Program.MILLRACE.command(
            "store",
            "import",
            path,
            "v",
            "--format",
            "raw",
            "--store",
            daemon.store(),
            "--staging-dir",
            staging);
    return builder.redirectErrorStream(true).start();
  }

  private static void await(Process process, String words) throws Exception {
    var lines = process.inputReader();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.contains(words)) {
        return;
      }
    }
    throw new AssertionError("it has ended before it said " + words);
  }

  @Test
  void whatAKilledDaemonHasStagedIsNotLost() throws Exception {
    try (Daemon daemon = store("staged")) {
      daemon.start();
      String device = daemon.attachNew("old", "8MiB");
      Shell.bash("head -c 4M /dev/urandom > " + folder.resolve("written"));
      Shell.bash("dd if=" + folder.resolve("written") + " of=" + device + " bs=64k oflag=direct");
      daemon.kill();
      take(daemon, image, "v", "--format", "raw").ok();
      String exported = export(daemon, "old");
      Shell.run("cmp", "-n", "4M", exported, folder.resolve("written").toString()).ok();
      assertSame(image, export(daemon, "v"));
    }
  }

  @Test
  void aFullStoreAndImagesThatAreNoneAreRefusedAndNothingIsLeft() throws Exception {
    try (Daemon daemon = store("refusals")) {
      Path large = folder.resolve("too-large");
      Shell.bash("head -c 300M /dev/urandom > " + large);
      Shell.Result full = take(daemon, large, "v", "--format", "raw");
      assertEquals(5, full.exitCode(), full.output());
      assertTrue(full.output().contains("the store is full"), full.output());
      Path overlay = folder.resolve("overlay.qcow2");
      Shell.run(
              "qemu-img",
              "create",
              "-q",
              "-f",
              "qcow2",
              "-F",
              "raw",
              "-b",
              image.toString(),
              overlay.toString())
          .ok();
      Shell.Result backed = take(daemon, overlay, "v", "--format", "qcow2");
      assertEquals(2, backed.exitCode(), backed.output());
      assertTrue(backed.output().contains("it needs a backing file"), backed.output());
      Path outside = folder.resolve("outside.qcow2");
      Shell.bash(
          "cd %s && qemu-img create -q -f qcow2 -o data_file=outside.raw outside.qcow2 1M"
              .formatted(folder));
      Shell.Result external = take(daemon, outside, "v", "--format", "qcow2");
      assertEquals(2, external.exitCode(), external.output());
      assertTrue(external.output().contains("in another file"), external.output());
      assertEquals(2, take(daemon, image, "v", "--format", "qcow2").exitCode());
      assertEquals(2, take(daemon, image, "v").exitCode(), "the format is never guessed");
      take(daemon, image, "v", "--format", "raw").ok();
      daemon.start();
      daemon.millrace("volume", "delete", "v").ok();
      assertEquals("0", daemon.field("volumes", "store", "info"));
    }
  }
}
