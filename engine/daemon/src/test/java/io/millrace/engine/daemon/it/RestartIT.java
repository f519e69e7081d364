package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a daemon finds and does when it comes back. */
final class RestartIT {
  private static final int KILLS = 5;
  private static final int FLUSHES_BEFORE_KILL = 20;
  private static final int BLOCKS = 8192;

  @TempDir Path folder = Path.of("");

  @Test
  void killedUnderLoadItLosesNothingFlushedAndAttachesAgain() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "1GiB")) {
      String device = daemon.attachNew("v", "256MiB");
      long seed = System.nanoTime();
      System.out.println("seed " + seed);
      StampedLoad load = new StampedLoad(device, BLOCKS, seed);
      for (int i = 0; i < KILLS; i++) {
        Thread writer = Thread.ofPlatform().start(load);
        awaitFlushes(load, writer);
        daemon.kill();
        writer.join();
        daemon.start();
        assertTrue(daemon.logText().contains("attached 1 volumes again"), daemon.logText());
        String again = daemon.field("device", "volume", "attach", "v");
        assertEquals(device, again, "on the same device, because nobody held it");
        load.verify(again);
        load = load.continueOn(again);
      }
    }
  }

  private static void awaitFlushes(StampedLoad load, Thread writer) throws InterruptedException {
    while (load.flushCount() < FLUSHES_BEFORE_KILL) {
      assertTrue(writer.isAlive(), "the load ended before the kill");
      Thread.sleep(5);
    }
  }

  @Test
  void stoppedItHasFlushedEverythingAndReleasesIdleDevices() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "512MiB")) {
      String device = daemon.attachNew("v", "64MiB");
      Shell.bash("head -c 8M /dev/urandom > " + folder + "/data");
      Shell.bash("dd if=" + folder + "/data of=" + device + " bs=1M oflag=direct");
      assertEquals(0, daemon.terminate());
      assertTrue(!Shell.bash("losetup -nO NAME").contains(device + "\n"), "released");
      daemon.start();
      String again = daemon.field("device", "volume", "attach", "v");
      Shell.bash("cmp -n 8M " + folder + "/data " + again);
    }
  }

  @Test
  void killedUnderAMountedFileSystemTheNextOneHasWhatWasSynced() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "512MiB")) {
      String device = daemon.attachNew("v", "128MiB");
      Shell.bash("mkfs.ext4 -q " + device);
      Path mount = daemon.mount(device, "m", "defaults");
      Shell.bash("echo kept > " + mount + "/file && sync -f " + mount);
      daemon.kill();
      daemon.unmount(mount);
      daemon.start();
      Path again = daemon.mount(daemon.attach("v"), "again", "defaults");
      assertEquals("kept\n", Shell.bash("cat " + again + "/file"));
    }
  }
}
