package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a daemon finds and does when it comes back. */
final class RestartIT {
  private static final int KILLS = 5;
  private static final int FLUSHES_BEFORE_KILL = 20;
  private static final int BLOCKS = 8192;
  private static final int DEVICES_IN_USE = 8;

  /** One after the other they would take two seconds each. */
  private static final Duration STOP_MAX = Duration.ofSeconds(12);

  @TempDir Path folder = Path.of("");

  @Test
  void killedUnderLoadItLosesNothingFlushedAndAttachesAgain() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "1GiB")) {
      String device = daemon.attachNew("v", "256MiB");
      String backing = LoopDevices.backing(device);
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
        // Another test's volume may be on it by now.
        boolean free = !Files.exists(Path.of(device.replace("/dev/", "/sys/block/"), "loop"));
        assertTrue(device.equals(again) || !free, "on the same device, because nobody held it");
        assertEquals(backing, LoopDevices.backing(again));
        device = again;
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
      String backing = LoopDevices.backing(device);
      assertEquals(0, daemon.terminate());
      assertFalse(LoopDevices.isBound(backing), "released");
      daemon.start();
      String again = daemon.field("device", "volume", "attach", "v");
      Shell.bash("cmp -n 8M " + folder + "/data " + again);
    }
  }

  @Test
  void stoppedWithManyDevicesInUseItHasFlushedEverythingAllTheSame() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "512MiB")) {
      Shell.bash("head -c 4M /dev/urandom > " + folder + "/data");
      List<Process> users = new ArrayList<>();
      List<String> devices = new ArrayList<>();
      try {
        for (int i = 0; i < DEVICES_IN_USE; i++) {
          String device = daemon.attachNew("v" + i, "16MiB");
          devices.add(device);
          // As QEMU has it: open, but not claimed for itself.
          users.add(
              new ProcessBuilder("bash", "-c", "exec 3<>" + device + "; exec sleep 300").start());
          Shell.bash("dd if=" + folder + "/data of=" + device + " bs=1M oflag=direct");
        }
        long beganNanos = System.nanoTime();
        assertEquals(0, daemon.terminate(), daemon.logText());
        Duration took = Duration.ofNanos(System.nanoTime() - beganNanos);
        assertTrue(took.compareTo(STOP_MAX) < 0, "stopping took " + took);
        assertEquals(
            DEVICES_IN_USE,
            daemon.logText().lines().filter(line -> line.contains("is in use: it fails")).count());
      } finally {
        for (Process user : users) {
          user.destroyForcibly().waitFor();
        }
      }
      daemon.start();
      for (String device : devices) {
        Shell.bash("cmp -n 4M " + folder + "/data " + device);
      }
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

  @Test
  void aRingThatIsOlderThanTheStoreIsNotTakenAndTold() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "512MiB")) {
      String device = daemon.attachNew("v", "16MiB");
      Thread writer = Thread.ofPlatform().start(new StampedLoad(device, 64, 1));
      Thread.sleep(200);
      daemon.kill();
      writer.join();
      Path ring = daemon.ring();
      byte[] old = Files.readAllBytes(ring);
      daemon.start();
      Shell.bash("head -c 4M /dev/urandom > " + folder + "/data");
      String again = daemon.attach("v");
      Shell.bash("dd if=" + folder + "/data of=" + again + " bs=1M oflag=direct");
      assertEquals(0, daemon.terminate());
      assertTrue(!Files.exists(ring), "its memory is given back");
      Files.write(ring, old);
      daemon.start();
      Shell.bash("cmp -n 4M " + folder + "/data " + daemon.attach("v"));
    }
  }

  @Test
  void howAVolumeAcknowledgesCanBeChangedWhileAttachedAndIsKept() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "512MiB")) {
      daemon.millrace("volume", "create", "d", "--size", "16MiB", "--acknowledge", "durable").ok();
      String device = daemon.attach("d");
      StampedLoad load = new StampedLoad(device, 256, 1);
      Thread writer = Thread.ofPlatform().start(load);
      for (String when : List.of("staged", "durable", "staged", "durable")) {
        String now = daemon.field("acknowledge", "volume", "set", "d", "--acknowledge", when);
        assertEquals(when.toUpperCase(Locale.ROOT), now);
        assertTrue(writer.isAlive(), "no write fails by it");
      }
      assertEquals(2, daemon.millrace("volume", "set", "d", "--acknowledge", "later").exitCode());
      daemon.kill();
      writer.join();
      daemon.start();
      assertTrue(daemon.millrace("volume", "list").ok().contains("DURABLE"));
      load.verify(daemon.attach("d"));
    }
  }

  @Test
  void whereNothingOutlivesAKillItSaysSo() throws Exception {
    try (Daemon daemon = Daemon.format(folder, "512MiB")) {
      daemon.start("--staging-dir", "/sys");
      String log = daemon.logText();
      assertTrue(log.contains("weaker guarantee: a kill of millraced loses"), log);
      assertTrue(log.contains("/sys is on sysfs, not on tmpfs"), log);
      assertEquals("false", daemon.field("outlives_kill", "store", "info"));
      daemon.kill();
      daemon.start();
      assertEquals("true", daemon.field("outlives_kill", "store", "info"));
    }
  }
}
