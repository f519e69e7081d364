package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two block devices that fill one store to the brim at the same time. */
final class FullStoreRaceIT {
  private static final int BLOCK_BYTES = 64 << 10;
  private static final Pattern COPIED = Pattern.compile("(?m)^(\\d+) bytes");

  @TempDir Path folder = Path.of("");
  private Daemon daemon;
  private String source = "";

  @BeforeEach
  void start() throws Exception {
    daemon = Daemon.started(folder, "256MiB");
    source = folder.resolve("source").toString();
    Shell.bash("head -c 256M /dev/urandom > " + source);
  }

  @AfterEach
  void stop() throws Exception {
    daemon.close();
  }

  @Test
  void bothWritersAreToldAndOneGoesOnWhenTheOtherVolumeIsDeleted() throws Exception {
    String first = daemon.attachNew("first", "256MiB");
    String second = daemon.attachNew("second", "256MiB");
    CompletableFuture<Long> racing = CompletableFuture.supplyAsync(() -> fill(first));
    long onSecond = fill(second);
    long onFirst = racing.get();
    assertHolds(first, onFirst);
    assertHolds(second, onSecond);
    daemon.millrace("volume", "detach", "first").ok();
    daemon.millrace("volume", "delete", "first").ok();
    long more = onFirst / 2 / BLOCK_BYTES;
    Shell.bash(
        "dd if=%s of=%s bs=%d count=%d skip=%d seek=%d oflag=direct iflag=fullblock conv=fsync"
            .formatted(
                source, second, BLOCK_BYTES, more, onSecond / BLOCK_BYTES, onSecond / BLOCK_BYTES));
    assertHolds(second, onSecond + more * BLOCK_BYTES);
    assertEquals(0, daemon.terminate());
    daemon.start();
    assertHolds(daemon.attach("second"), onSecond + more * BLOCK_BYTES);
  }

  /** Writes until the device has no space; returns the whole blocks that it took, in bytes. */
  private long fill(String device) {
    try {
      Shell.Result result =
          Shell.run("dd", "if=" + source, "of=" + device, "bs=" + BLOCK_BYTES, "oflag=direct");
      String text = result.output();
      assertTrue(text.contains("No space left on device"), text);
      Matcher copied = COPIED.matcher(text);
      assertTrue(copied.find(), text);
      return Long.parseLong(copied.group(1)) / BLOCK_BYTES * BLOCK_BYTES;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void assertHolds(String device, long bytes) throws Exception {
    assertTrue(bytes > 16 << 20, "only " + bytes + " bytes were taken");
    Shell.bash("cmp -n %d %s %s".formatted(bytes, device, source));
  }
}
