package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * A store that was not closed in order, and whose maps are damaged besides: a rebuild finds what an
 * opening would have found, what a killed engine had staged, and no more.
 */
class RebuildAfterCrashTest {
  private static final int BLOCKS = 40;
  private static final int FLUSHED = 10;

  private final KeptMemory memory = new KeptMemory();

  /** Blocks of an older value in a checkpoint; then each block in turn gets its own. */
  private static final class Scene {
    final Bench bench = Bench.of(64, StoreOptions.small().withCacheBytes(0));
    final long volume;

    Scene(StagingMemory staging) {
      bench.stageIn(staging);
      bench.closeAndOpen();
      volume = bench.volume("disk", BLOCKS * 4096L);
      bench.fill(volume, 0, BLOCKS, 1);
      bench.closeAndOpen();
    }

    /** Writes all; after the first ten and a flush, only so many calls get to the disk. */
    void write(int calls) {
      for (int block = 0; block < FLUSHED; block++) {
        bench.fill(volume, block, 1, value(block));
      }
      assertEquals(0, bench.flush(volume));
      bench.disk.losePowerAfter(calls);
      for (int block = FLUSHED; block < BLOCKS; block++) {
        long at = block * 4096L;
        var data = bench.bytes(filled(value(block)));
        long tag = bench.submit(t -> bench.store().write(volume, at, data, t));
        assertTrue(bench.errnoWithin(20, tag).orElse(0) == 0, "block " + block);
      }
    }

    private static byte[] filled(int value) {
      byte[] data = new byte[4096];
      java.util.Arrays.fill(data, (byte) value);
      return data;
    }

    static int value(int block) {
      return 50 + block;
    }

    /** Of every map of the newest checkpoint; it does not open any more. */
    void damageMaps() {
      StoreHeads heads = StoreHeads.read(new BlockingDisk(bench.disk), Arena.ofAuto());
      Root root = Objects.requireNonNull(heads.root());
      int damaged = 0;
      for (ChunkReference directory : root.directory()) {
        PageBuffer buffer = PageBuffer.copyOf(Arena.ofAuto(), bench.disk.page(page(directory)));
        for (int i = 0; i < Chunk.items(buffer); i++) {
          long at = Chunk.HEADER_BYTES + (long) i * ChunkReference.BYTES;
          ChunkReference chunk = ChunkReference.read(buffer.memory, at);
          if (chunk.kind() == Chunk.MAP || chunk.kind() == Chunk.INDEX) {
            bench.disk.flipBit(page(chunk) * 4096 + 100);
            damaged++;
          }
        }
      }
      assertTrue(damaged > 0, "there are no maps");
      bench.tryToOpen();
      assertEquals(StoreState.DAMAGED, bench.store().state());
    }

    private static long page(ChunkReference chunk) {
      return chunk.segment() * 16L + chunk.page();
    }

    void rebuild() {
      bench.rebuild();
      assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
      bench.store().check();
    }

    /** How many of the blocks have been written; those that were not are the last ones. */
    int written() {
      int written = 0;
      while (written < BLOCKS && bench.valueAt(volume, written) == value(written)) {
        written++;
      }
      for (int block = written; block < BLOCKS; block++) {
        assertEquals(1, bench.valueAt(volume, block), "block " + block + " of " + written);
      }
      return written;
    }

    void assertClean() {
      bench.close();
      Fsck.Report report = Fsck.check(bench.disk, true, (_, _) -> {});
      assertTrue(report.clean(), report.findings().toString());
      bench.open();
    }
  }

  @Test
  void whatWasStagedWhenTheEngineWasKilledIsInTheRebuiltStore() {
    int taken = 0;
    for (int calls = 0; calls < 12; calls++) {
      memory.lose();
      Scene scene = new Scene(memory);
      scene.write(calls);
      scene.bench.disk.kill();
      scene.bench.disk.losePowerAfter(Integer.MAX_VALUE);
      byte[] staged = memory.image();
      scene.damageMaps();
      assertArrayEquals(staged, memory.image(), "a refused opening leaves the ring alone");
      scene.rebuild();
      taken += scene.bench.store().info().staging().outlivesProcess() ? 1 : 0;
      assertEquals(BLOCKS, scene.written(), "calls " + calls);
      scene.assertClean();
      assertEquals(BLOCKS, scene.written());
    }
    assertEquals(12, taken);
  }

  @Test
  void afterAPowerLossThatTearsTheEndTheFlushedBlocksAndAPrefixOfTheOthersAreThere() {
    int some = 0;
    for (int calls = 0; calls < 12; calls++) {
      Scene scene = new Scene(StagingMemory.NONE);
      scene.write(calls);
      scene.bench.disk.crashTearing();
      RebuildOracle.check(scene.bench.disk);
      scene.damageMaps();
      scene.rebuild();
      int written = scene.written();
      assertTrue(written >= FLUSHED, "flushed: " + written);
      some += written < BLOCKS ? 1 : 0;
      scene.assertClean();
      assertEquals(written, scene.written());
    }
    assertTrue(some > 0, "nothing was ever lost: the end was not torn");
  }

  @Test
  void aRingOfAnotherStartOfTheNodeIsNotTakenByARebuild() {
    Scene scene = new Scene(memory);
    scene.write(0);
    scene.bench.disk.crash();
    memory.boot = new java.util.UUID(8, 8);
    scene.damageMaps();
    scene.rebuild();
    assertEquals(FLUSHED, scene.written());
    scene.assertClean();
  }
}
