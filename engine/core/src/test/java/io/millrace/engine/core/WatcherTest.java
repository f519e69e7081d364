package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a store tells of itself while it is at work. */
class WatcherTest {
  private final Bench bench = Bench.ofSegments(64);
  private final long volume = bench.volume("disk", 16 << 20);
  private final Told told = new Told();

  private static final class Told implements Watcher {
    int checkpoints;
    int cleaned;
    int liveMax;

    @Override
    public void checkpointed(long number, long nanos) {
      checkpoints++;
      assertTrue(nanos >= 0);
    }

    @Override
    public void cleaned(int segment, int liveBlocks, long nanos) {
      cleaned++;
      liveMax = Math.max(liveMax, liveBlocks);
      assertTrue(nanos >= 0);
    }
  }

  @BeforeEach
  void watch() {
    bench.store().watch(told);
  }

  @Test
  void eachCheckpointAndEachVictimIsTold() {
    StoreStats before = bench.store().stats();
    for (int i = 0; i < 3000; i++) {
      bench.fill(volume, ((i * 7919L) & 0xffff) % 450, 2, i % 100);
    }
    bench.settle();
    StoreStats after = bench.store().stats();
    assertEquals(after.checkpoints() - before.checkpoints(), told.checkpoints);
    assertEquals(after.segmentsCleaned() - before.segmentsCleaned(), told.cleaned);
    assertTrue(told.checkpoints > 0 && told.cleaned > 0 && told.liveMax > 0);
  }

  @Test
  void aBlockIsFoundInStagingOnTheDiskOrInTheCache() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.settle();
    bench.fill(volume, 1, 1, 2);
    assertEquals(2, bench.valueAt(volume, 1));
    StoreStats staged = bench.store().stats();
    assertEquals(1, staged.readBlocksStaged());
    assertEquals(1, bench.valueAt(volume, 0));
    assertEquals(1, bench.valueAt(volume, 0));
    assertEquals(0, bench.valueAt(volume, 9));
    StoreStats stats = bench.store().stats();
    assertEquals(1, stats.readBlocksFromDisk());
    assertEquals(1, stats.readBlocksCached());
    assertEquals(1, stats.readBlocksStaged());
  }

  @Test
  void levelsAreThoseOfAStoreAtRestWhenItRests() {
    bench.fill(volume, 0, 20, 1);
    assertTrue(bench.store().levels().stagedBytes() > 0);
    bench.flush(volume);
    bench.settle();
    StoreLevels rest = bench.store().levels();
    assertEquals(0, rest.stagedBytes());
    assertEquals(0, rest.diskCalls());
    assertEquals(0, rest.writesWaiting());
    assertEquals(0, rest.cleanerDebtBytes());
    assertEquals(bench.store().logPosition().orElseThrow().durableLsn(), rest.durableLsn());
    assertTrue(rest.lastLsn() >= rest.durableLsn());
  }
}
