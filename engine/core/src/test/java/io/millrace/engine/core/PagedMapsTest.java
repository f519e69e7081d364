package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Maps of which only a part is in memory. */
class PagedMapsTest {
  private static final int LEAVES = 600;

  private final Random random = new Random(11);

  private static MapPages pages(Bench bench) {
    return bench.store().serving().namespace.pages;
  }

  private static long missing(Bench bench) {
    long missing = 0;
    for (Layer layer : bench.store().serving().namespace.layers.inOrder()) {
      missing += layer.map.missing();
    }
    return missing;
  }

  private static long filled(Bench bench) {
    long volume = bench.volume("sparse", 1L << 40);
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      assertEquals(0, bench.fill(volume, leaf * 512L, 40, 1));
    }
    bench.closeAndOpen();
    return volume;
  }

  @Test
  void mapsThatAreLargerThanTheirMemoryStayOnTheDisk() {
    int leaves = 4000;
    Bench bounded = Bench.of(2000, StoreOptions.small().withMapBytesMax(120_000));
    long sparse = bounded.volume("sparse", 1L << 40);
    for (int i = 0; i < leaves; i++) {
      assertEquals(0, bounded.fill(sparse, i * 512L, 1, i % 100), "leaf " + i);
      long bytes = bounded.store().stats().mapBytes();
      assertTrue(bytes <= 140_000, bytes + " bytes of maps");
    }
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < leaves; i += 7) {
        assertEquals(i % 100, bounded.valueAt(sparse, i * 512L), "leaf " + i);
        long bytes = bounded.store().stats().mapBytes();
        assertTrue(bytes <= 140_000, bytes + " bytes of maps");
      }
      bounded.store().check();
      bounded.closeAndOpen();
    }
    assertEquals(leaves * 4096L, bounded.store().info().physicalBytes());
    assertEquals(0, bounded.zero(sparse, 0, 1L << 40));
    bounded.settle();
    bounded.closeAndOpen();
    assertEquals(0, bounded.store().info().physicalBytes());
  }

  @Test
  void anOpeningReadsNoMapsAndARequestOnlyThoseThatItNeeds() {
    Bench bench = Bench.ofSegments(2400);
    long volume = filled(bench);
    assertEquals(0, pages(bench).reads);
    assertEquals(LEAVES, missing(bench));
    assertEquals(1, bench.valueAt(volume, 17 * 512L));
    assertEquals(1, pages(bench).reads);
    assertEquals(1, bench.valueAt(volume, 17 * 512L + 3));
    assertEquals(0, bench.valueAt(volume, LEAVES * 512L));
    assertEquals(1, pages(bench).reads);
    assertTrue(missing(bench) > LEAVES - 60, missing(bench) + " leaves are missing");
  }

  @Test
  void anOverwriteReadsNoMapsAndWhatItReplacedIsFreeAfterTheNextCheckpoint() {
    Bench bench = Bench.ofSegments(2400);
    long volume = filled(bench);
    long before = bench.store().info().physicalBytes();
    for (int leaf = 0; leaf < LEAVES; leaf += 3) {
      assertEquals(0, bench.fill(volume, leaf * 512L + 5, 1, 2));
      assertEquals(0, bench.fill(volume, leaf * 512L + 6, 1, 3));
      assertEquals(0, bench.fill(volume, leaf * 512L + 6, 1, 4));
    }
    bench.flush(volume);
    assertEquals(0, pages(bench).reads);
    assertEquals(before + LEAVES / 3 * 2 * 4096L, bench.store().info().physicalBytes());
    assertEquals(4, bench.valueAt(volume, 6));
    assertEquals(0, pages(bench).reads, "what is newer is in memory");
    bench.closeAndOpen();
    assertEquals(before, bench.store().info().physicalBytes());
    for (int leaf = 0; leaf < LEAVES; leaf += 3) {
      assertEquals(2, bench.valueAt(volume, leaf * 512L + 5));
      assertEquals(4, bench.valueAt(volume, leaf * 512L + 6));
      assertEquals(1, bench.valueAt(volume, leaf * 512L + 7));
    }
    bench.store().check();
  }

  @Test
  void whatIsReplayedOverMapsThatAreNotInMemoryIsCountedRight() {
    Bench bench = Bench.ofSegments(2400);
    long volume = filled(bench);
    long before = bench.store().info().physicalBytes();
    for (int round = 0; round < 3; round++) {
      for (int leaf = 0; leaf < LEAVES; leaf += 50) {
        assertEquals(0, bench.fill(volume, leaf * 512L + round, 2, 5 + round));
      }
      assertEquals(0, bench.zero(volume, 7 * 512L * 4096, 512 * 4096L));
      bench.flush(volume);
      bench.crashAndOpen();
    }
    bench.closeAndOpen();
    bench.store().serving().namespace.bringAll();
    bench.store().check();
    assertEquals(before - 40 * 4096L, bench.store().info().physicalBytes());
    assertEquals(7, bench.valueAt(volume, 2));
    assertEquals(6, bench.valueAt(volume, 1));
    assertEquals(5, bench.valueAt(volume, 0));
    assertEquals(0, bench.valueAt(volume, 7 * 512L));
  }

  @Test
  void zerosOverMapsThatAreNotInMemoryHoldNobodyUp() {
    Bench bench = Bench.ofSegments(2400);
    long volume = filled(bench);
    long snapshot = bench.snapshot("s", volume);
    assertEquals(0, bench.zero(volume, 9 * 512L * 4096, 4096 * 4096L));
    assertEquals(0, bench.zero(volume, 70 * 512L * 4096 + 8192, 8192));
    assertEquals(0, bench.fill(volume, 80 * 512L, 40, 2));
    bench.closeAndOpen();
    assertEquals(0, bench.zero(volume, 100 * 512L * 4096 + 8192, 300 * 512L * 4096));
    bench.flush(volume);
    assertEquals(0, bench.valueAt(volume, 100 * 512L + 2));
    assertEquals(1, bench.valueAt(volume, 100 * 512L + 1));
    assertEquals(0, pages(bench).readsNow);
    bench.run(new Command.DeleteSnapshot(snapshot));
    bench.settle();
    assertEquals(0, pages(bench).readsNow);
    assertEquals(2, bench.valueAt(volume, 80 * 512L));
    assertEquals(0, bench.valueAt(volume, 70 * 512L + 2));
    bench.closeAndOpen();
    bench.store().check();
    assertEquals((LEAVES - 8 - 300) * 40L * 4096 - 2 * 4096, bench.store().info().physicalBytes());
  }

  @Test
  void aMergeThatLooksIntoDeeperLayersHoldsNobodyUp() {
    Bench bench = Bench.ofSegments(2400);
    long volume = filled(bench);
    bench.snapshot("older", volume);
    assertEquals(0, bench.fill(volume, 10 * 512L, 40, 2));
    long newer = bench.snapshot("newer", volume);
    assertEquals(0, bench.zero(volume, 10 * 512L * 4096, 20 * 4096));
    assertEquals(0, bench.fill(volume, 300 * 512L, 1, 3));
    bench.closeAndOpen();
    bench.run(new Command.DeleteSnapshot(newer));
    bench.settle();
    assertEquals(0, pages(bench).readsNow);
    assertEquals(0, bench.valueAt(volume, 10 * 512L + 19));
    assertEquals(2, bench.valueAt(volume, 10 * 512L + 20));
    bench.closeAndOpen();
    bench.store().check();
    assertEquals((LEAVES * 40 + 20 + 1) * 4096L, bench.store().info().physicalBytes());
  }

  @Test
  void withLittleMemoryAnyChangesAndCrashesLeaveWhatWasWritten() {
    Bench bench = Bench.of(2400, StoreOptions.small().withMapBytesMax(100_000));
    long volume = bench.volume("v0", 1L << 40);
    Map<Long, Integer> model = new HashMap<>();
    List<Long> olderSnapshots = new ArrayList<>();
    List<Long> olderVolumes = new ArrayList<>();
    for (int round = 0; round < 40; round++) {
      for (int i = 0; i < 60; i++) {
        change(bench, volume, model, 1 + round);
      }
      if (round % 7 == 3) {
        olderVolumes.add(volume);
        olderSnapshots.add(bench.snapshot("s" + round, volume));
        volume = bench.clone("c" + round, olderSnapshots.getLast());
      }
      if (round % 15 == 14) {
        olderSnapshots.forEach(id -> bench.run(new Command.DeleteSnapshot(id)));
        olderVolumes.forEach(id -> bench.run(new Command.DeleteVolume(id)));
        olderSnapshots.clear();
        olderVolumes.clear();
      }
      if (round % 3 == 0) {
        bench.flush(volume);
        bench.crashAndOpen();
      } else if (round % 5 == 0) {
        bench.closeAndOpen();
      }
      bench.store().check();
      long bytes = bench.store().stats().mapBytes();
      // What an opening has replayed may be more for a while.
      assertTrue(bytes <= 150_000, bytes + " bytes of maps");
    }
    for (Map.Entry<Long, Integer> entry : model.entrySet()) {
      assertEquals(
          entry.getValue(), bench.valueAt(volume, entry.getKey()), "block " + entry.getKey());
    }
    assertTrue(pages(bench).reads > 0, "all of it was in memory");
  }

  private void change(Bench bench, long volume, Map<Long, Integer> model, int value) {
    long first = random.nextInt(LEAVES) * 512L + random.nextInt(80);
    int count = 1 + random.nextInt(4);
    boolean zero = random.nextInt(5) == 0;
    if (zero) {
      assertEquals(0, bench.zero(volume, first * 4096, count * 4096L));
    } else {
      assertEquals(0, bench.fill(volume, first, count, value));
    }
    for (long block = first; block < first + count; block++) {
      model.put(block, zero ? 0 : value);
    }
  }
}
