package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of volumes as the users of their block devices meet them: by count, not by time. */
final class LimitsIT {
  private static final int IOPS = 10;
  private static final int REQUESTS = 600;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  @TempDir Path folder = Path.of("");

  /** Queues 128 requests at a time until so many are done. */
  private Process flood(String device, String pattern) throws IOException {
    return new ProcessBuilder(
            "fio",
            "--name=flood",
            "--filename=" + device,
            "--direct=1",
            "--ioengine=libaio",
            "--iodepth=128",
            "--rw=" + pattern,
            "--bs=4k",
            "--size=16M",
            "--number_ios=" + REQUESTS)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("fio-" + Path.of(device).getFileName()).toFile())
        .start();
  }

  /** Reads and writes that a block device has answered, for earlier volumes too. */
  private static long answered(String device) throws IOException {
    Path stat = Path.of("/sys/block", Path.of(device).getFileName().toString(), "stat");
    String[] fields = Files.readString(stat).strip().split(" +", -1);
    return Long.parseLong(fields[0]) + Long.parseLong(fields[4]);
  }

  /** No more than so many a second, what was saved up, and the one that was just begun. */
  private static void checkLimit(String device, long before, long sinceNanos) throws IOException {
    long answered = answered(device) - before;
    double seconds = (System.nanoTime() - sinceNanos) / (double) NANOS_PER_SECOND;
    long most = (long) (IOPS * (seconds + 1)) + 1;
    assertTrue(answered <= most, device + " answered " + answered + " in " + seconds + " s");
  }

  private static void awaitEnd(Process fio) throws InterruptedException {
    assertTrue(fio.waitFor(60, TimeUnit.SECONDS), "fio does not end");
    assertEquals(0, fio.exitValue());
  }

  @Test
  void volumesAtTheirLimitHoldUpNobodyElseUntilItIsLifted() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "512MiB")) {
      String free = daemon.attachNew("free", "16MiB");
      String[] slow = new String[3];
      Process[] floods = new Process[3];
      long[] since = new long[3];
      long[] before = new long[3];
      for (int i = 0; i < 3; i++) {
        String name = "slow" + i;
        daemon.millrace("volume", "create", name, "--size", "16MiB", "--iops", "" + IOPS).ok();
        slow[i] = daemon.attach(name);
        since[i] = System.nanoTime();
        before[i] = answered(slow[i]);
        floods[i] = flood(slow[i], i == 0 ? "randread" : "randwrite");
      }
      Shell.bash(
          "dd if=/dev/urandom of=" + free + " bs=64k count=256 iflag=fullblock oflag=direct");
      Shell.bash("dd if=" + free + " of=/dev/null bs=4k count=1000 iflag=direct");
      Shell.run("blkdiscard", free).ok();
      Shell.bash("cmp -n 16M /dev/zero " + free);
      for (int i = 0; i < 3; i++) {
        checkLimit(slow[i], before[i], since[i]);
        assertTrue(floods[i].isAlive(), "it has far to go");
      }
      for (int i = 0; i < 3; i++) {
        assertEquals("0", daemon.field("iops", "volume", "set", "slow" + i, "--iops", "0"));
      }
      for (Process flood : floods) {
        awaitEnd(flood);
      }
    }
  }

  @Test
  void limitsAreKeptWithTheVolume() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "512MiB")) {
      daemon
          .millrace(
              "volume", "create", "v", "--size", "16MiB", "--iops", "500", "--bandwidth", "50MiB")
          .ok();
      daemon.millrace("volume", "set", "v", "--weight", "300", "--acknowledge", "durable").ok();
      daemon.millrace("volume", "set", "v", "--burst", "5").ok();
      daemon.kill();
      daemon.start();
      assertEquals("500", daemon.field("iops", "volume", "show", "v"));
      assertEquals("52428800", daemon.field("bytes_per_second", "volume", "show", "v"));
      assertEquals("300", daemon.field("weight", "volume", "show", "v"));
      assertEquals("5", daemon.field("burst_seconds", "volume", "show", "v"));
      assertEquals("DURABLE", daemon.field("acknowledge", "volume", "show", "v"));
      assertEquals(0, daemon.terminate());
      daemon.start();
      assertEquals("300", daemon.field("weight", "volume", "list"));
    }
  }
}
