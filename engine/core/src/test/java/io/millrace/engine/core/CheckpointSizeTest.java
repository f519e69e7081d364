package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CheckpointSizeTest {
  private static int segments(int segmentBytes, long mapBytes, long imageBytes) {
    return CheckpointSize.of(Geometry.of(1L << 40, segmentBytes)).segments(mapBytes, imageBytes);
  }

  @Test
  void itIsBoundedByWhatChunksHoldAtLeast() {
    assertEquals(1, segments(4 << 20, 0, 0));
    assertEquals(4, segments(4 << 20, 8 << 20, 1 << 10));
    assertEquals(449, segments(4 << 20, 1 << 30, 1 << 20));
    assertEquals(2, segments(64 << 10, 0, 1 << 10));
    assertEquals(37, segments(64 << 10, 1 << 20, 1 << 10));
  }

  @Test
  void whatACheckpointTakesIsNoMore() {
    Bench bench = Bench.ofSegments(600);
    long sparse = bench.volume("sparse", 1L << 40);
    long dense = bench.volume("dense", 16 << 20);
    for (int i = 0; i < 3000; i++) {
      bench.fill(sparse, i * 512L, 1, 1);
    }
    for (int i = 0; i < 300; i++) {
      bench.volume("volume" + i, 4096);
      bench.fill(dense, i * 8L, 8, 2);
    }
    bench.flush(dense);
    int reckoned = bench.store().serving().space.checkpointSegments();
    bench.closeAndOpen();
    int taken = bench.store().serving().table.all(SegmentTable.CHECKPOINT).length;
    assertTrue(taken <= reckoned && taken * 3 >= reckoned, taken + " of " + reckoned);
  }
}
