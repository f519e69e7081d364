package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the daemon and its tool refuse, and with what words. */
final class RefusalIT {
  @TempDir Path folder = Path.of("");

  @Test
  void aServedStoreIsNeitherServedTwiceNorReadNorFormattedEvenByForce() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "256MiB")) {
      String device = daemon.attachNew("v", "64MiB");
      Shell.bash("head -c 8M /dev/urandom > " + folder + "/data");
      Shell.bash("dd if=" + folder + "/data of=" + device + " bs=1M oflag=direct conv=fsync");
      Shell.Result second = Program.MILLRACED.run(daemon.daemonArguments());
      assertEquals(4, second.exitCode());
      assertTrue(second.output().contains("store is in use by another process"), second.output());
      assertEquals(4, Tool.run("store", "info", daemon.store()).exitCode());
      Shell.Result forced =
          Tool.run("store", "format", daemon.store(), "--size", "256MiB", "--force");
      assertEquals(4, forced.exitCode(), forced.output());
      daemon.millrace("stats").ok();
      assertEquals(0, daemon.terminate());
      daemon.start();
      Shell.bash("cmp -n 8M " + folder + "/data " + daemon.attach("v"));
    }
  }

  @Test
  void aDamagedSuperblockIsNamedAndNothingIsServed() throws Exception {
    try (Daemon daemon = Daemon.format(folder, "256MiB")) {
      Shell.bash("dd if=/dev/urandom of=" + daemon.store() + " bs=1M count=8 conv=notrunc");
      Shell.Result refused = Program.MILLRACED.run(daemon.daemonArguments());
      assertEquals(6, refused.exitCode(), refused.output());
      assertTrue(refused.output().contains("superblock"), refused.output());
      Shell.Result info = Tool.run("store", "info", daemon.store());
      assertEquals(6, info.exitCode());
      assertTrue(info.output().contains("superblock"), info.output());
    }
  }

  @Test
  void aStoreIsNotFormattedOverUnlessForced() throws Exception {
    try (Daemon daemon = Daemon.format(folder, "256MiB")) {
      String[] again = {"store", "format", daemon.store(), "--size", "256MiB"};
      Shell.Result refused = Tool.run(again);
      assertEquals(4, refused.exitCode());
      assertTrue(refused.output().contains("--force overwrites it"), refused.output());
      Tool.run("store", "info", daemon.store()).ok();
      Tool.run("store", "format", daemon.store(), "--size", "256MiB", "--force").ok();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mkfs.ext4 -q -F PATH                           | ext4",
        "mkfs.xfs -q -f PATH                            | xfs",
        "printf 'label: gpt\\n,8M\\n' ; sfdisk -q PATH   | GPT",
        "printf 'label: dos\\n,8M\\n' ; sfdisk -q PATH   | MBR",
        "mkswap PATH                                    | swap",
        "echo precious ; dd of=PATH bs=512 seek=9 conv=notrunc | data without a known mark"
      })
  void whatIsNotEmptyIsNotFormattedUnlessForced(String make, String named) throws Exception {
    String disk = folder.resolve("disk").toString();
    Shell.bash("truncate -s 512M " + disk);
    Shell.bash(make.replace(" ; ", " | ").replace("PATH", disk));
    String before = Shell.bash("cksum < " + disk);
    Shell.Result refused = Tool.run("store", "format", disk, "--size", "512MiB");
    assertEquals(4, refused.exitCode(), refused.output());
    assertEquals(1, refused.output().lines().count(), refused.output());
    assertTrue(refused.output().contains(named), refused.output());
    assertTrue(refused.output().contains("--force"), refused.output());
    assertEquals(before, Shell.bash("cksum < " + disk), "it was only looked at");
    Tool.run("store", "format", disk, "--size", "512MiB", "--sparse", "--force").ok();
    Tool.run("store", "info", disk).ok();
  }

  @Test
  void aMountedFileSystemIsNoStoreAndNotMadeOneEvenByForce() throws Exception {
    Path file = folder.resolve("fs");
    Shell.bash("truncate -s 128M " + file + " && mkfs.ext4 -q -F " + file);
    String loop = Shell.bash("losetup --find --show " + file).strip();
    Path mounted = Files.createDirectories(folder.resolve("mounted"));
    try {
      Shell.bash("mount " + loop + " " + mounted + " && echo precious > " + mounted + "/file");
      for (String[] command :
          new String[][] {
            {"store", "format", loop, "--force"},
            {"store", "info", loop},
            {"store", "check", loop},
            {"store", "dump", loop},
            {"store", "rebuild", loop},
            {"store", "export", "v", folder.resolve("out").toString(), "--store", loop}
          }) {
        Shell.Result refused = Tool.run(command);
        assertEquals(4, refused.exitCode(), refused.output());
        assertEquals(1, refused.output().lines().count(), refused.output());
        assertTrue(refused.output().contains("it is mounted"), refused.output());
      }
      assertEquals("precious\n", Shell.bash("cat " + mounted + "/file"));
    } finally {
      Shell.run("umount", mounted.toString());
      Shell.run("losetup", "-d", loop);
    }
  }

  @Test
  void aStoreThatWouldBeTooSmallIsNotBegun() throws Exception {
    Path file = folder.resolve("small");
    Shell.Result refused = Tool.run("store", "format", file.toString(), "--size", "32MiB");
    assertEquals(2, refused.exitCode(), refused.output());
    assertTrue(refused.output().contains("a store needs 64 MiB"), refused.output());
    assertTrue(!Files.exists(file));
  }

  @Test
  void aFullStoreSaysThatItIsFullAndGoesOnAfterADelete() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "256MiB")) {
      String big = daemon.attachNew("big", "1GiB");
      Shell.Result full =
          Shell.run("dd", "if=/dev/urandom", "of=" + big, "bs=1M", "count=512", "oflag=direct");
      assertEquals(1, full.exitCode());
      assertTrue(full.output().contains("No space left on device"), full.output());
      daemon.millrace("volume", "detach", "big").ok();
      daemon.millrace("volume", "delete", "big").ok();
      String small = daemon.attachNew("small", "64MiB");
      Shell.bash("dd if=/dev/urandom of=" + small + " bs=1M count=64 oflag=direct conv=fsync");
    }
  }

  @Test
  void aStoreThatWasMadeAndIsMissingIsNotMadeAnew() throws Exception {
    try (Daemon daemon = Daemon.unformatted(folder)) {
      daemon.start("--format-if-missing", "256MiB");
      String port = daemon.logText().replaceFirst("(?s).*metrics on [^ ]*:(\\d+).*", "$1");
      assertEquals("SERVING\n", Shell.bash("curl -sf http://127.0.0.1:" + port + "/readyz"));
      assertTrue(daemon.logText().contains("writing zeros: "), daemon.logText());
      daemon.terminate();
      Path store = Path.of(daemon.store());
      Files.move(store, folder.resolve("elsewhere"));
      Shell.Result missed =
          Program.MILLRACED.run(daemon.daemonArguments("--format-if-missing", "256MiB"));
      assertEquals(1, missed.exitCode(), missed.output());
      assertTrue(missed.output().contains("is its disk mounted?"), missed.output());
      assertTrue(!Files.exists(store));
      Files.move(folder.resolve("elsewhere"), store);
      daemon.start("--format-if-missing", "256MiB");
    }
  }

  @Test
  void formatsAMissingStoreOnlyWhenToldTo() throws Exception {
    Path store = folder.resolve("deep/store");
    String[] arguments = {
      "--store", store.toString(),
      "--socket", folder.resolve("e.sock").toString(),
      "--state-dir", folder.resolve("state").toString(),
      "--health", "127.0.0.1:0"
    };
    Shell.Result missing = Program.MILLRACED.run(arguments);
    assertEquals(1, missing.exitCode());
    assertTrue(missing.output().contains("no such file"), missing.output());
    assertTrue(!Files.exists(store));
  }

  @Test
  void aStagingRingOfAnotherStoreIsRefusedByName() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "256MiB")) {
      daemon.kill();
      Path ring = daemon.ring();
      String store = daemon.store();
      Tool.run("store", "format", store, "--size", "256MiB", "--sparse", "--force").ok();
      Files.move(ring, daemon.ring());
      Shell.Result refused = Program.MILLRACED.run(daemon.daemonArguments());
      assertEquals(6, refused.exitCode(), refused.output());
      String other = ring.getFileName().toString().replace(".ring", "");
      assertTrue(refused.output().contains("it is of store " + other), refused.output());
    }
  }
}
