package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the daemon and its tool refuse, and with what words. */
final class RefusalIT {
  @TempDir Path folder = Path.of("");

  @Test
  void aSecondDaemonOnOneStoreIsRefused() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "256MiB")) {
      Shell.Result second = Daemon.program("millraced", daemon.daemonArguments());
      assertEquals(4, second.exitCode());
      assertTrue(second.output().contains("store is in use by another process"), second.output());
      assertEquals(4, Daemon.program("millrace", "store", "info", daemon.store()).exitCode());
      daemon.millrace("stats").ok();
    }
  }

  @Test
  void aDamagedSuperblockIsNamedAndNothingIsServed() throws Exception {
    try (Daemon daemon = Daemon.format(folder, "256MiB")) {
      Shell.bash("dd if=/dev/urandom of=" + daemon.store() + " bs=1M count=8 conv=notrunc");
      Shell.Result refused = Daemon.program("millraced", daemon.daemonArguments());
      assertEquals(6, refused.exitCode(), refused.output());
      assertTrue(refused.output().contains("superblock"), refused.output());
      Shell.Result info = Daemon.program("millrace", "store", "info", daemon.store());
      assertEquals(6, info.exitCode());
      assertTrue(info.output().contains("superblock"), info.output());
    }
  }

  @Test
  void aStoreIsNotFormattedOverUnlessForced() throws Exception {
    try (Daemon daemon = Daemon.format(folder, "256MiB")) {
      String[] again = {"store", "format", daemon.store(), "--size", "256MiB"};
      Shell.Result refused = Daemon.program("millrace", again);
      assertEquals(4, refused.exitCode());
      assertTrue(refused.output().contains("--force overwrites it"), refused.output());
      Daemon.program("millrace", "store", "info", daemon.store()).ok();
      Daemon.program("millrace", "store", "format", daemon.store(), "--size", "256MiB", "--force")
          .ok();
    }
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
  void objectsThatAreNotThereOrStandForSomethingElse() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "256MiB")) {
      assertEquals(3, daemon.millrace("volume", "attach", "none").exitCode());
      assertEquals(3, daemon.millrace("clone", "none", "c").exitCode());
      daemon.millrace("volume", "create", "v", "--size", "64MiB").ok();
      daemon.millrace("volume", "create", "v", "--size", "64MiB").ok();
      assertEquals(4, daemon.millrace("volume", "create", "v", "--size", "65MiB").exitCode());
      assertEquals(2, daemon.millrace("volume", "create", "w", "--size", "1000").exitCode());
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
    Shell.Result missing = Daemon.program("millraced", arguments);
    assertEquals(1, missing.exitCode());
    assertTrue(missing.output().contains("no such file"), missing.output());
    assertTrue(!Files.exists(store));
  }
}
