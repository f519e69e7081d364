package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class RebuildTest {
  private static final int PAGES_PER_SEGMENT = 16;
  private static final int BLOCKS = 1024;
  private final Bench bench = Bench.of(64, StoreOptions.small().withCacheBytes(0));
  private final long volume = bench.volume("disk", BLOCKS * 4096L);

  private void rebuildAndCheck() {
    bench.rebuild();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    bench.store().check();
  }

  /** A chunk of the newest checkpoint. */
  private long chunkPage(int kind) {
    long newest = -1;
    long number = -1;
    byte[] magic = "MRCHUNK1".getBytes(StandardCharsets.US_ASCII);
    for (long page = PAGES_PER_SEGMENT; page < 64 * PAGES_PER_SEGMENT; page++) {
      byte[] data = bench.disk.page(page);
      boolean matches = Arrays.equals(Arrays.copyOf(data, 8), magic) && data[40] == kind;
      long of = Bytes.u64(MemorySegment.ofArray(data), 24);
      if (matches && of > number) {
        number = of;
        newest = page;
      }
    }
    assertTrue(newest > 0, "no chunk of kind " + kind);
    return newest;
  }

  private void damageMaps() {
    bench.disk.flipBit(chunkPage(Chunk.MAP) * 4096 + 100);
    bench.disk.flipBit(chunkPage(Chunk.INDEX) * 4096 + 100);
  }

  private void history() {
    bench.fill(volume, 0, 200, 1);
    long base = bench.snapshot("base", volume);
    bench.fill(volume, 50, 50, 2);
    bench.zero(volume, 4096 * 120, 4096 * 30);
    long clone = bench.clone("clone", base);
    bench.fill(clone, 10, 30, 3);
    bench.zero(clone, 0, 4096 * 512);
    bench.fill(clone, 7, 1, 77);
    bench.flush(volume);
  }

  @Test
  void aStoreWhoseMapsAreDamagedIsRefusedAndARebuildServesAllOfIt() {
    history();
    long clone = bench.store().catalog().volume("clone").orElseThrow().id();
    byte[] disk = bench.read(volume, 0, BLOCKS * 4096);
    byte[] cloned = bench.read(clone, 0, BLOCKS * 4096);
    bench.close();
    damageMaps();
    bench.tryToOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    rebuildAndCheck();
    assertArrayEquals(disk, bench.read(volume, 0, BLOCKS * 4096));
    assertArrayEquals(cloned, bench.read(clone, 0, BLOCKS * 4096));
    bench.closeAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertArrayEquals(disk, bench.read(volume, 0, BLOCKS * 4096));
    assertArrayEquals(cloned, bench.read(clone, 0, BLOCKS * 4096));
    bench.close();
    Fsck.Report report = Fsck.check(bench.disk, true, (_, _) -> {});
    assertTrue(report.clean(), report.findings().toString());
  }

  @Test
  void aRebuildThatLosesPowerAnywhereIsBegunAgain() {
    history();
    byte[] disk = bench.read(volume, 0, BLOCKS * 4096);
    bench.close();
    damageMaps();
    for (int calls = 0; calls < 60; calls++) {
      bench.rebuild();
      assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
      bench.disk.losePowerAfter(calls);
      bench.submit(tag -> bench.store().close(tag));
      for (int i = 0; i < 200; i++) {
        bench.poll();
      }
      bench.disk.crash();
    }
    rebuildAndCheck();
    assertArrayEquals(disk, bench.read(volume, 0, BLOCKS * 4096));
  }

  /**
   * A layer is half merged with its child when its parent is to become part of it: with blocks and
   * whiteouts that the layer hides, or hid before half of it was in the child's map.
   */
  @Test
  void aRebuildInTheMiddleOfTwoMergesAboveEachOtherFindsWhatAnOpeningFinds() {
    Tuning slow =
        new Tuning(
            32,
            256,
            64L << 20,
            256,
            16,
            1,
            50_000_000,
            2 << 20,
            50_000_000,
            Long.MAX_VALUE,
            1_000_000_000);
    Bench chain = Bench.of(128, StoreOptions.small().withTuning(slow));
    int leaves = 24;
    long disk = chain.volume("chain", (leaves * 2L) << 20);
    everyLeaf(leaves, block -> chain.fill(disk, block + 1, 1, 9));
    chain.snapshot("base", disk);
    everyLeaf(leaves, block -> chain.fill(disk, block, 1, 1));
    everyLeaf(leaves, block -> chain.zero(disk, (block + 1) * 4096L, 4096));
    long below = chain.snapshot("below", disk);
    everyLeaf(leaves, block -> chain.fill(disk, block, 2, 2));
    long middle = chain.snapshot("middle", disk);
    everyLeaf(leaves, block -> chain.fill(disk, block + 2, 1, 3));
    chain.flush(disk);
    chain.run(new Command.DeleteSnapshot(middle));
    pollUntilMergedInPart(chain, disk);
    chain.run(new Command.DeleteSnapshot(below));
    for (int i = 0; i < 30; i++) {
      for (int polls = 0; polls < 3; polls++) {
        chain.poll();
      }
      StoreAudit.checkpoint(chain.store());
      while (!chain.store().serving().checkpointer.idle()) {
        chain.poll();
      }
      chain.disk.crash();
      RebuildOracle.check(chain.disk);
      chain.open();
    }
    chain.restUntilReclaimed();
    everyLeaf(
        leaves,
        block ->
            assertEquals(
                List.of(2, 2, 3),
                List.of(
                    chain.valueAt(disk, block),
                    chain.valueAt(disk, block + 1),
                    chain.valueAt(disk, block + 2))));
  }

  private static void everyLeaf(int leaves, IntConsumer what) {
    for (int leaf = 0; leaf < leaves; leaf++) {
      what.accept(leaf * Leaf.BLOCKS);
    }
  }

  private static void pollUntilMergedInPart(Bench bench, long volume) {
    Layer top = Objects.requireNonNull(bench.store().serving().namespace.volumes.get(volume)).top;
    long before = top.map.blocks();
    while (top.map.blocks() < before + 5) {
      bench.poll();
    }
  }

  @Test
  void whatARebuildFindsIsWhatAnOpeningFindsInAnyStateOfACrash() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random dice = new Random(seed);
    List<Long> volumes = new ArrayList<>(List.of(volume));
    List<Long> snapshots = new ArrayList<>();
    long checkpoints = 0;
    long cleaned = 0;
    for (int i = 0; i < 900; i++) {
      step(dice, i, volumes, snapshots);
      if (i % 20 == 19) {
        checkpoints += bench.store().stats().checkpoints();
        cleaned += bench.store().stats().segmentsCleaned();
        bench.disk.crash();
        RebuildOracle.check(bench.disk);
        if (dice.nextInt(3) == 0) {
          rebuildAndCheck();
        } else {
          bench.open();
        }
        assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
      }
    }
    assertTrue(
        checkpoints > 0 && cleaned > 0, checkpoints + " checkpoints, " + cleaned + " cleaned");
  }

  private void step(Random dice, int i, List<Long> volumes, List<Long> snapshots) {
    long target = volumes.get(dice.nextInt(volumes.size()));
    int block = dice.nextInt(256);
    switch (dice.nextInt(14)) {
      case 0 -> snapshots.add(bench.snapshot("s" + i, target));
      case 1 -> {
        if (!snapshots.isEmpty()) {
          volumes.add(bench.clone("c" + i, snapshots.get(dice.nextInt(snapshots.size()))));
        }
      }
      case 2 -> {
        if (snapshots.size() > 3) {
          bench.run(new Command.DeleteSnapshot(snapshots.removeFirst()));
        }
      }
      case 3 -> {
        if (volumes.size() > 4) {
          bench.run(new Command.DeleteVolume(volumes.remove(1)));
        }
      }
      case 4, 5 -> bench.zero(target, block * 4096L, 4096L * (1 + dice.nextInt(600)));
      case 6, 7 -> bench.flush(target);
      case 8 -> bench.settle();
      default -> bench.fill(target, block, 1 + dice.nextInt(30), i % 100);
    }
  }

  /** Overwrites, in another volume, until the cleaner has moved what is old. */
  private void makeTheCleanerMove(long busy) {
    long cleaned = bench.store().stats().segmentsCleaned();
    for (int i = 0; i < 4000; i++) {
      bench.fill(busy, ((i * 7919L) & 0xffff) % 500, 2, i % 90);
    }
    bench.settle();
    assertTrue(bench.store().stats().segmentsCleaned() > cleaned);
  }

  @Test
  void aRelocatedBlockNeverBeatsTheUsersLaterOverwrite() {
    long busy = bench.volume("busy", BLOCKS * 4096L);
    bench.fill(volume, 0, 8, 101);
    makeTheCleanerMove(busy);
    bench.fill(volume, 0, 4, 102);
    bench.flush(volume);
    bench.crashAndOpen();
    assertEquals(102, bench.valueAt(volume, 3));
    bench.disk.crash();
    rebuildAndCheck();
    assertEquals(102, bench.valueAt(volume, 3));
    assertEquals(101, bench.valueAt(volume, 4));
    bench.closeAndOpen();
    makeTheCleanerMove(busy);
    bench.disk.kill();
    rebuildAndCheck();
    assertEquals(102, bench.valueAt(volume, 3));
    assertEquals(101, bench.valueAt(volume, 4));
  }

  @Test
  void aDiscardedBlockNeverComesBack() {
    long busy = bench.volume("busy", BLOCKS * 4096L);
    bench.fill(volume, 0, 16, 103);
    long clone = bench.clone("clone", bench.snapshot("base", volume));
    bench.zero(clone, 0, 4 * 4096);
    bench.zero(volume, 4 * 4096, 4 * 4096);
    long other = bench.volume("other", BLOCKS * 4096L);
    bench.fill(other, 0, 16, 104);
    bench.flush(volume);
    bench.zero(other, 0, 8 * 4096);
    bench.flush(volume);
    // The records of the discards go with their segments, while blocks of the same commits live on.
    makeTheCleanerMove(busy);
    for (int round = 0; round < 2; round++) {
      bench.disk.crash();
      rebuildAndCheck();
      assertEquals(0, bench.valueAt(clone, 3));
      assertEquals(103, bench.valueAt(clone, 4));
      assertEquals(103, bench.valueAt(volume, 3));
      assertEquals(0, bench.valueAt(volume, 4));
      assertEquals(0, bench.valueAt(other, 7));
      assertEquals(104, bench.valueAt(other, 8));
      bench.close();
      damageMaps();
    }
  }

  @Test
  void aMergeThatIsHalfDoneIsTakenApartWithoutALoss() {
    bench.fill(volume, 0, 20, 1);
    bench.fill(volume, 600, 20, 1);
    long base = bench.snapshot("base", volume);
    bench.fill(volume, 0, 10, 2);
    bench.zero(volume, 4096 * 12, 4096 * 2);
    bench.flush(volume);
    Serving serving = bench.store().serving();
    Layer child = java.util.Objects.requireNonNull(serving.namespace.volumes.get(volume)).top;
    Layer parent = java.util.Objects.requireNonNull(child.parent);
    serving.namespace.snapshots.remove(base);
    parent.names = 0;
    new LayerMerge(parent, child, serving.blocks).step();
    assertTrue(child.map.empty(), "the merge is to put the child over its parent");
    bench.fill(volume, 3, 2, 4);
    bench.zero(volume, 4096 * 5, 4096 * 2);
    bench.flush(volume);
    byte[] before = bench.read(volume, 0, BLOCKS * 4096);
    bench.close();
    damageMaps();
    rebuildAndCheck();
    assertArrayEquals(before, bench.read(volume, 0, BLOCKS * 4096));
    assertEquals(4, bench.valueAt(volume, 3));
    assertEquals(0, bench.valueAt(volume, 5));
  }

  @Test
  void whereAHeaderIsDamagedTheSummaryTellsAndWithoutItTheRebuildIsRefused() {
    for (int i = 0; i < 40; i++) {
      bench.fill(volume, i, 1, i + 1);
    }
    bench.fill(volume, 100, 1, 111);
    for (int i = 0; i < 40; i++) {
      bench.fill(volume, 200 + i, 1, i + 1);
    }
    bench.close();
    damageMaps();
    long page = bench.disk.pageFilledWith(111);
    long summary = page / PAGES_PER_SEGMENT * PAGES_PER_SEGMENT + PAGES_PER_SEGMENT - 1;
    long header = page - 1;
    while (bench.disk.page(header)[0] != 'M') {
      header--;
    }
    bench.disk.flipBit(header * 4096 + 140);
    rebuildAndCheck();
    assertEquals(111, bench.valueAt(volume, 100));
    bench.disk.crash();
    bench.disk.flipBit(summary * 4096 + 70);
    bench.rebuild();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(
        bench.store().reason().contains("segment " + page / PAGES_PER_SEGMENT),
        bench.store().reason());
  }

  @Test
  void withoutAUsableCatalogItIsRefusedAndNothingIsWritten() {
    history();
    bench.close();
    for (int kind : new int[] {Chunk.DIRECTORY, Chunk.CATALOG, Chunk.SEGMENTS, Chunk.LIVE}) {
      long at = chunkPage(kind) * 4096 + 70;
      bench.disk.flipBit(at);
      long before = bench.disk.bytesWritten;
      bench.rebuild();
      assertEquals(StoreState.DAMAGED, bench.store().state(), "kind " + kind);
      assertTrue(bench.store().reason().contains("checkpoint"), bench.store().reason());
      assertEquals(before, bench.disk.bytesWritten);
      bench.disk.flipBit(at);
    }
    rebuildAndCheck();
  }

  @Test
  void whatAnOpeningTakesInsteadOfTheMapsMayBeDamaged() {
    history();
    byte[] disk = bench.read(volume, 0, BLOCKS * 4096);
    long live = bench.store().info().physicalBytes();
    bench.close();
    for (int kind : new int[] {Chunk.LIVE, Chunk.INDEX}) {
      bench.disk.flipBit(chunkPage(kind) * 4096 + 70);
      bench.tryToOpen();
      assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
      assertArrayEquals(disk, bench.read(volume, 0, BLOCKS * 4096));
      assertEquals(live, bench.store().info().physicalBytes());
      bench.store().check();
      bench.closeAndOpen();
      assertArrayEquals(disk, bench.read(volume, 0, BLOCKS * 4096));
      bench.close();
    }
  }

  @Test
  void aDamagedChunkOfTheMapsIsAnErrorOfItsBlocksAndARebuildMakesItAnew() {
    bench.fill(volume, 0, 20, 1);
    long other = bench.volume("other", 1 << 20);
    bench.close();
    long alone = chunkPage(Chunk.MAP);
    bench.tryToOpen();
    bench.fill(other, 0, 20, 2);
    bench.close();
    long both = chunkPage(Chunk.MAP);
    assertTrue(alone != both, "it was not written again");
    bench.disk.flipBit(both * 4096 + 100);
    bench.tryToOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertEquals(Errno.EIO, bench.read(volume, 0, bench.bytes(new byte[4096])));
    assertEquals(Errno.EIO, bench.read(other, 0, bench.bytes(new byte[4096])));
    assertEquals(0, bench.fill(volume, 3, 1, 3));
    assertEquals(3, bench.valueAt(volume, 3));
    bench.flush(volume);
    bench.submit(tag -> bench.store().close(tag));
    for (int i = 0; i < 1000 && bench.store().state() == StoreState.SERVING; i++) {
      bench.poll();
    }
    assertEquals(StoreState.STOPPED, bench.store().state());
    assertTrue(bench.store().reason().contains("rebuild"), bench.store().reason());
    bench.disk.crash();
    rebuildAndCheck();
    assertEquals(1, bench.valueAt(volume, 2));
    assertEquals(3, bench.valueAt(volume, 3));
    assertEquals(2, bench.valueAt(other, 2));
  }
}
