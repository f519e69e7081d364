package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What has data, what has changed since a snapshot, and snapshots that are read themselves. */
class ExtentsTest {
  private static final int LEAVES = 6;
  private static final int BLOCKS = LEAVES * Leaf.BLOCKS;
  private static final int SEEDS = 25;
  private static final int STEPS = 40;

  private final MemorySegment answer = Arena.ofAuto().allocate(Extents.bytesFor(50), 8);

  /** A bit for each block, put together from as many answers as it takes. */
  private boolean[] blocks(Bench bench, long id, long since, int blocks) {
    boolean[] set = new boolean[blocks];
    for (long at = 0; at < blocks * 4096L; ) {
      ExtentQuery query = new ExtentQuery(id, since, at, blocks * 4096L - at);
      assertEquals(0, bench.errno(bench.submit(tag -> bench.store().extents(query, answer, tag))));
      assertTrue(Extents.count(answer) > 0, "it covers something");
      for (int i = 0; i < Extents.count(answer); i++) {
        long end = at + Extents.bytes(answer, i);
        Arrays.fill(set, (int) (at / 4096), (int) (end / 4096), Extents.isSet(answer, i));
        at = end;
      }
    }
    return set;
  }

  /** What a snapshot was when it was taken. */
  private static final class Taken {
    final long id;
    final byte[] values;
    final int step;

    Taken(long id, byte[] values, int step) {
      this.id = id;
      this.values = values;
      this.step = step;
    }
  }

  /** A volume, and what is true of its blocks. */
  private final class History {
    private final Random random;
    private final Bench bench;
    private final byte[] values = new byte[BLOCKS];
    private final boolean[] data = new boolean[BLOCKS];
    private final int[] touched = new int[BLOCKS];
    private final List<Taken> snapshots = new ArrayList<>();
    private long volume;
    private int step;

    History(long seed) {
      random = new Random(seed);
      StoreOptions small = StoreOptions.small();
      bench = Bench.of(1500, random.nextBoolean() ? small : small.withMapBytesMax(40_000));
      volume = bench.volume("v", BLOCKS * 4096L);
    }

    void run() {
      for (step = 1; step <= STEPS; step++) {
        change();
        if (step % 10 == 0) {
          check();
        }
      }
    }

    private void change() {
      int first = random.nextInt(BLOCKS);
      int count = Math.min(BLOCKS - first, 1 + random.nextInt(1 << random.nextInt(11)));
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> {
          int written = Math.min(count, 100);
          int value = random.nextInt(100);
          assertEquals(0, bench.fill(volume, first, written, value));
          note(first, written, value, true);
        }
        case 4, 5 -> {
          assertEquals(0, bench.zero(volume, first * 4096L, count * 4096L));
          note(first, count, 0, false);
        }
        case 6, 7 -> takeSnapshot();
        case 8 -> {
          if (!snapshots.isEmpty()) {
            Taken gone = snapshots.remove(random.nextInt(snapshots.size()));
            var _ = bench.run(new Command.DeleteSnapshot(gone.id));
          }
        }
        default -> {
          if (random.nextBoolean()) {
            bench.closeAndOpen();
          } else {
            bench.rest(2);
          }
        }
      }
    }

    private void note(int first, int count, int value, boolean written) {
      Arrays.fill(values, first, first + count, (byte) value);
      Arrays.fill(data, first, first + count, written);
      Arrays.fill(touched, first, first + count, step);
    }

    /** Now and then what follows is written to a clone of it. */
    private void takeSnapshot() {
      long snapshot = bench.snapshot("s" + step, volume);
      snapshots.add(new Taken(snapshot, values.clone(), step));
      if (random.nextBoolean()) {
        volume = bench.clone("c" + step, snapshot);
      }
    }

    private void check() {
      assertEquals(0, bench.flush(volume));
      boolean[] found = blocks(bench, volume, 0, BLOCKS);
      for (int i = 0; i < BLOCKS; i++) {
        assertEquals(data[i], found[i], "block " + i + " has data");
      }
      for (Taken then : snapshots) {
        boolean[] changed = blocks(bench, volume, then.id, BLOCKS);
        assertArrayEquals(changed, blocks(bench, then.id, volumeOrSnapshot(then), BLOCKS));
        for (int i = 0; i < BLOCKS; i++) {
          assertTrue(changed[i] || values[i] == then.values[i], "block " + i + " has changed");
          assertTrue(!changed[i] || touched[i] > then.step, "block " + i + " was not touched");
        }
        int block = random.nextInt(BLOCKS);
        assertEquals(then.values[block], bench.valueAt(then.id, block), "in the snapshot");
      }
    }

    /** A snapshot of the volume as it is: the other way round it is the same. */
    private long volumeOrSnapshot(Taken then) {
      String name = "now" + step + "-" + then.id;
      return bench.snapshot(name, volume);
    }
  }

  @Test
  void whatHasDataAndWhatHasChangedIsToldToTheBlockOverAnyHistory() {
    long first = System.nanoTime() & 0xffff_ffffL;
    for (long seed = first; seed < first + SEEDS; seed++) {
      try {
        new History(seed).run();
      } catch (AssertionError | RuntimeException broken) {
        throw new AssertionError("seed " + seed, broken);
      }
    }
  }

  @Test
  void anEmptyVolumeOfAnySizeIsOneHole() {
    Bench bench = Bench.ofSegments(100);
    long volume = bench.volume("v", 1L << 46);
    ExtentQuery all = new ExtentQuery(volume, 0, 0, 1L << 46);
    assertEquals(0, bench.errno(bench.submit(tag -> bench.store().extents(all, answer, tag))));
    assertEquals(1, Extents.count(answer));
    assertEquals(1L << 46, Extents.bytes(answer, 0));
    assertFalse(Extents.isSet(answer, 0));
  }

  @Test
  void anAnswerBeginsAndEndsWithinABlockWhereTheQueryDoes() {
    Bench bench = Bench.ofSegments(100);
    long volume = bench.volume("v", 1 << 20);
    assertEquals(0, bench.fill(volume, 2, 2, 7));
    assertEquals(0, bench.flush(volume));
    ExtentQuery odd = new ExtentQuery(volume, 0, 512, 3 * 4096);
    assertEquals(0, bench.errno(bench.submit(tag -> bench.store().extents(odd, answer, tag))));
    assertEquals(2, Extents.count(answer));
    assertEquals(2 * 4096 - 512, Extents.bytes(answer, 0));
    assertEquals(4096 + 512, Extents.bytes(answer, 1));
    assertTrue(Extents.isSet(answer, 1));
  }

  @Test
  void volumesThatHaveNothingInCommonDifferWhereverOneOfThemHasData() {
    Bench bench = Bench.ofSegments(100);
    long one = bench.volume("one", 1 << 20);
    long other = bench.volume("other", 1 << 20);
    assertEquals(0, bench.fill(one, 1, 1, 7));
    assertEquals(0, bench.fill(other, 3, 1, 7));
    long snapshot = bench.snapshot("s", other);
    assertEquals(0, bench.flush(one));
    boolean[] changed = blocks(bench, one, snapshot, 5);
    assertArrayEquals(new boolean[] {false, true, false, true, false}, changed);
  }

  @Test
  void whoIsGoneOrBeyondTheEndIsRefused() {
    Bench bench = Bench.ofSegments(100);
    long volume = bench.volume("v", 1 << 20);
    long snapshot = bench.snapshot("s", volume);
    var _ = bench.run(new Command.DeleteSnapshot(snapshot));
    assertEquals(Errno.ENOENT, errno(bench, new ExtentQuery(snapshot, 0, 0, 4096)));
    assertEquals(Errno.ENOENT, errno(bench, new ExtentQuery(volume, snapshot, 0, 4096)));
    assertEquals(Errno.EINVAL, errno(bench, new ExtentQuery(volume, 0, 0, 2 << 20)));
    assertEquals(Errno.ENOENT, bench.read(snapshot, 0, bench.bytes(new byte[512])));
    long again = bench.snapshot("s", volume);
    assertEquals(Errno.EINVAL, bench.read(again, 1 << 20, bench.bytes(new byte[512])));
    assertEquals(Errno.ENOENT, bench.write(again, 0, new byte[512]), "it is read only");
  }

  /** Nobody else is held up, whatever the depth of the chain is. */
  @Test
  void theMapsOfManyLayersComeWhileOthersAreServed() {
    Bench bench = Bench.ofSegments(1500);
    long volume = bench.volume("v", BLOCKS * 4096L);
    int layers = 20;
    for (int layer = 0; layer < layers; layer++) {
      for (int leaf = 0; leaf < LEAVES; leaf++) {
        assertEquals(0, bench.fill(volume, leaf * (long) Leaf.BLOCKS + layer, 60, 1));
      }
      var _ = bench.snapshot("s" + layer, volume);
    }
    bench.closeAndOpen();
    boolean[] data = blocks(bench, volume, 0, BLOCKS);
    for (int i = 0; i < BLOCKS; i++) {
      assertEquals(i % Leaf.BLOCKS < 60 + layers - 1, data[i], "block " + i);
    }
    MapPages pages = bench.store().serving().namespace.pages;
    assertTrue(pages.reads > 0, "they had left");
    assertEquals(0, pages.readsNow);
  }

  private int errno(Bench bench, ExtentQuery query) {
    return bench.errno(bench.submit(tag -> bench.store().extents(query, answer, tag)));
  }

  @Test
  void aSnapshotThatIsDeletedWhileItIsReadGivesItsBytesOrAnError() {
    Bench bench = Bench.of(1500, StoreOptions.small().withMapBytesMax(40_000));
    long volume = bench.volume("v", BLOCKS * 4096L);
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      assertEquals(0, bench.fill(volume, leaf * (long) Leaf.BLOCKS, 8, 1));
    }
    long snapshot = bench.snapshot("s", volume);
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      assertEquals(0, bench.fill(volume, leaf * (long) Leaf.BLOCKS, 8, 2));
    }
    bench.closeAndOpen();
    MemorySegment into = Arena.ofAuto().allocate(8 * 4096);
    long read = bench.submit(tag -> bench.store().read(snapshot, 0, into, tag));
    var _ = bench.run(new Command.DeleteSnapshot(snapshot));
    bench.restUntilReclaimed();
    if (bench.errno(read) == 0) {
      assertEquals(1, into.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 4096));
    }
  }
}
