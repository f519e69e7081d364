package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scrubbing by the real daemon, asked for by its tool. */
final class ScrubIT {
  private static final String MARK = "scrubbed-block-";

  @TempDir Path folder = Path.of("");

  @Test
  void aBlockThatIsDamagedUnderTheDaemonIsFoundAndNamedUntilItIsWrittenAnew() throws Exception {
    try (Daemon daemon = Daemon.format(folder, "256MiB")) {
      daemon.start("--scrub-rate", "1GiB");
      String device = daemon.attachNew("v", "16MiB");
      Shell.bash(
          "(yes "
              + MARK
              + " || true) | dd of="
              + device
              + " bs=4096 count=64 iflag=fullblock conv=fsync");
      assertTrue(daemon.millrace("store", "scrub", "--wait").ok().contains("damaged blocks"));
      assertEquals("0", daemon.field("damaged_blocks", "store", "scrub", "--status"));
      StoreFile.flipBitBehind(MARK, daemon.store());
      Shell.Result found = daemon.millrace("store", "scrub", "--wait");
      assertEquals(6, found.exitCode(), found.output());
      assertTrue(found.output().contains("volume v"), found.output());
      String json = daemon.millrace("store", "scrub", "--status", "-o", "json").output();
      assertTrue(json.contains("\"damaged_blocks\": 1"), json);
      String port = daemon.logText().replaceFirst("(?s).*metrics on [^ ]*:(\\d+).*", "$1");
      String metrics = Shell.bash("curl -sf http://127.0.0.1:" + port + "/metrics");
      assertTrue(metrics.contains("millrace_damaged_blocks 1\n"), metrics);
      Shell.bash("dd if=/dev/zero of=" + device + " bs=4096 count=64 oflag=direct conv=fsync");
      daemon.millrace("store", "scrub", "--status").ok();
    }
  }

  @Test
  void aDaemonThatIsToldNeverToScrubSaysSo() throws Exception {
    try (Daemon daemon = Daemon.format(folder, "256MiB")) {
      daemon.start("--scrub-rate", "0");
      Shell.Result refused = daemon.millrace("store", "scrub");
      assertEquals(4, refused.exitCode(), refused.output());
      assertTrue(refused.output().contains("--scrub-rate 0"), refused.output());
    }
  }
}
