package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What writers feel on a disk of known speed, by its clock. */
class PacingTest {
  private static final int SEGMENTS = 128;
  private static final int SEGMENT_BYTES = 1 << 20;

  @Test
  void aFlushDoesNotWaitForAllThatMemoryCouldStage() {
    TimedLoad load = new TimedLoad(SEGMENTS, SEGMENT_BYTES);
    load.fill(10);
    TimedLoad.Felt felt = load.run(new TimedDisk.Speed(1000, 50 << 20, 300_000), 5);
    double millis = felt.flushes().millis(99);
    // Staging has memory for 32 MiB: 640 ms of this disk, and a sync behind as much again.
    assertTrue(millis < 250, "one of a hundred flushes took %.0f ms or more".formatted(millis));
  }

  @Test
  void writersAreServedEvenlyWhileTheStoreIsCleaned() {
    TimedLoad load = new TimedLoad(SEGMENTS, SEGMENT_BYTES);
    load.fill(80);
    TimedLoad.Felt felt = load.run(new TimedDisk.Speed(3000, 125 << 20, 300_000), 5);
    double longest = felt.writes().millis(100);
    assertTrue(longest < 100, "a write took %.0f ms".formatted(longest));
    assertTrue(
        felt.worstPerSecond() * 4 > felt.writesPerSecond(),
        "%d writes/s, but %d in the worst tenth of a second"
            .formatted(felt.writesPerSecond(), felt.worstPerSecond()));
  }

  @Test
  void aFullStoreThatNobodyWritesToIsNotCleanedForEver() {
    TimedLoad load = new TimedLoad(SEGMENTS, SEGMENT_BYTES);
    load.fill(95);
    load.rest(60);
    assertEquals(0, load.rest(3600), "bytes written to the disk in an hour without requests");
  }
}
