package io.millrace.engine.core;

import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * What snapshots, clones and maps cost, on a disk in memory: the core's own share, without a sync.
 *
 * <p>Prints a table, and the same as JSON in its last line.
 */
final class MapBench {
  private static final int CLONES = 500;
  private static final int ROUNDS = 200;
  private static final int IDLE_CLONES = 10_000;
  private static final int IMAGE_LEAVES = 2560;
  private static final int DEPTH = 64;
  private static final int DISCARDS = 20;
  private static final int LOOKUP_BLOCKS = 8192;
  private static final int LOOKUPS = 1_000_000;
  private static final int LEAVES = 1500;
  private static final int LEAF_BLOCKS = 48;
  private static final long HUGE_BYTES = 64L << 40;
  private static final long DISK_BLOCKS = (20L << 30) / Bytes.PAGE;
  private static final int OWN_BLOCKS = (256 << 20) / Bytes.PAGE;

  private MapBench() {}

  public static void main(String[] arguments) {
    Cost snapshot = new Cost();
    Cost clone = new Cost();
    long copied = snapshotsAndClones(snapshot, clone);
    System.out.printf("%-58s %12s %12s%n", "", "median", "99th of 100");
    snapshot.print("snapshot, " + CLONES + " clones present");
    clone.print("clone, " + CLONES + " clones present");
    System.out.printf("%-58s %,12d bytes%n", "data written for all of them", copied);
    long idle = bytesOfAnIdleClone();
    System.out.printf("%-58s %,12d bytes%n", "memory of an idle clone, of " + IDLE_CLONES, idle);
    discards(new Cost(), IMAGE_LEAVES, 1);
    Cost empty = new Cost();
    discards(empty, 0, 1);
    empty.print("discard of a whole empty clone of 64 TiB");
    Cost filled = new Cost();
    discards(filled, IMAGE_LEAVES, 1);
    filled.print("the same, its image has data in " + IMAGE_LEAVES + " leaves");
    Cost deep = new Cost();
    discards(deep, IMAGE_LEAVES, DEPTH);
    deep.print("the same, " + DEPTH + " deep");
    long shallow = nanosOfALookup(3);
    long far = nanosOfALookup(DEPTH);
    System.out.printf("%-58s %,12d ns%n", "lookup of a block 3 layers below", shallow);
    System.out.printf("%-58s %,12d ns%n", "lookup of a block " + DEPTH + " layers below", far);
    long[] checkpoints = bytesOfCheckpoints();
    System.out.printf(
        "%-58s %,12d bytes%n", "all " + LEAVES + " leaves in a checkpoint", checkpoints[0]);
    System.out.printf(
        "%-58s %,12d bytes%n", "a checkpoint when 1 % of them have changed", checkpoints[1]);
    int layers = arguments.length > 0 ? Integer.parseInt(arguments[0]) : CLONES;
    long maps = bytesOfRandomMaps(layers);
    System.out.printf(
        "%-58s %,12d MiB%n",
        "maps of %d clones with 256 MiB of random writes each".formatted(layers), maps >> 20);
    System.out.printf(
        "{\"snapshotMicros\": %d, \"cloneMicros\": %d, \"idleCloneBytes\": %d, \"layers\": %d,"
            + " \"mapBytes\": %d, \"discardEmptyMicros\": %d, \"discardMicros\": %d,"
            + " \"discardDeepMicros\": %d, \"lookupNanos\": %d, \"lookupDeepNanos\": %d,"
            + " \"checkpointBytes\": %d, \"nextCheckpointBytes\": %d}%n",
        snapshot.median() / 1000,
        clone.median() / 1000,
        idle,
        layers,
        maps,
        empty.median() / 1000,
        filled.median() / 1000,
        deep.median() / 1000,
        shallow,
        far,
        checkpoints[0],
        checkpoints[1]);
  }

  /** Nanoseconds of each call. */
  private static final class Cost {
    private final long[] nanos = new long[ROUNDS];
    private int rounds;

    void add(long value) {
      nanos[rounds++] = value;
    }

    long median() {
      return at(50);
    }

    private long at(int percent) {
      long[] sorted = Arrays.copyOf(nanos, rounds);
      Arrays.sort(sorted);
      return sorted[Math.min(rounds - 1, rounds * percent / 100)];
    }

    void print(String what) {
      System.out.printf("%-58s %,9d µs %,9d µs%n", what, median() / 1000, at(99) / 1000);
    }
  }

  /** Gives the bytes of live blocks that came with them. */
  private static long snapshotsAndClones(Cost snapshots, Cost clones) {
    Bench bench = Bench.ofSegments(1024);
    long golden = bench.volume("golden", 20L << 30);
    for (int block = 0; block < 4096; block += 16) {
      bench.fill(golden, block, 16, 1 + block % 100);
    }
    long image = bench.snapshot("image", golden);
    for (int i = 0; i < CLONES; i++) {
      long desktop = bench.clone("desktop-" + i, image);
      bench.fill(desktop, i, 1, 7);
    }
    bench.settle();
    long liveBefore = bench.store().info().physicalBytes();
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      long snapshot = bench.snapshot("s" + i, golden);
      snapshots.add(System.nanoTime() - start);
      start = System.nanoTime();
      bench.clone("c" + i, snapshot);
      clones.add(System.nanoTime() - start);
    }
    return bench.store().info().physicalBytes() - liveBefore;
  }

  /** Whole clones of 64 TiB, until the discard is answered and is in the maps. */
  private static void discards(Cost cost, int leaves, int depth) {
    Bench bench = Bench.ofSegments(2048);
    long volume = bench.volume("golden", HUGE_BYTES);
    for (int leaf = 0; leaf < leaves; leaf++) {
      bench.fill(volume, leaf * 4096L, 1, 7);
    }
    for (int i = 1; i < depth; i++) {
      volume = bench.clone("layer" + i, bench.snapshot("s" + i, volume));
      bench.fill(volume, i, 1, 7);
    }
    long image = bench.snapshot("image", volume);
    for (int i = 0; i < DISCARDS; i++) {
      long clone = bench.clone("c" + i, image);
      bench.settle();
      long start = System.nanoTime();
      bench.zero(clone, 0, HUGE_BYTES);
      bench.flush(clone);
      cost.add(System.nanoTime() - start);
    }
  }

  /**
   * Of random blocks of a golden volume, seen from the end of a chain whose layers all have leaves.
   */
  private static long nanosOfALookup(int depth) {
    Bench bench = Bench.ofSegments(1024);
    long volume = bench.volume("golden", LOOKUP_BLOCKS * 4096L);
    for (int block = 0; block < LOOKUP_BLOCKS; block += 8) {
      bench.fill(volume, block, 8, 7);
    }
    for (int i = 0; i < depth; i++) {
      volume = bench.clone("c" + i, bench.snapshot("s" + i, volume));
      for (int leaf = 0; leaf < LOOKUP_BLOCKS / Leaf.BLOCKS; leaf++) {
        bench.fill(volume, leaf * 512L + i, 1, 9);
      }
    }
    bench.settle();
    Serving s = bench.store().serving();
    Volume top = Objects.requireNonNull(s.namespace.volumes.get(volume));
    SplittableRandom random = new SplittableRandom(1);
    long start = 0;
    for (int i = -LOOKUPS; i < LOOKUPS; i++) {
      start = i == 0 ? System.nanoTime() : start;
      long block = random.nextLong(LOOKUP_BLOCKS);
      if (s.resolver.resolve(top.top, block) < 0) {
        throw new IllegalStateException("block " + block + " is not found");
      }
    }
    return (System.nanoTime() - start) / LOOKUPS;
  }

  /** What the leaves take, and what is written to close and open a store when few have changed. */
  private static long[] bytesOfCheckpoints() {
    Bench bench = Bench.of(400, 1 << 20, StoreOptions.small());
    long volume = bench.volume("sparse", 1L << 40);
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      bench.fill(volume, leaf * 512L, LEAF_BLOCKS, 7);
    }
    bytesToReopen(bench, volume);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < LEAVES / 100; i++) {
      bench.fill(volume, random.nextInt(LEAVES) * 512L, 1, 8);
    }
    long image = bench.store().serving().namespace.cells.imageBytes();
    return new long[] {image, bytesToReopen(bench, volume)};
  }

  private static long bytesToReopen(Bench bench, long volume) {
    bench.flush(volume);
    long before = bench.disk.bytesWritten;
    bench.closeAndOpen();
    return bench.disk.bytesWritten - before;
  }

  private static long bytesOfAnIdleClone() {
    Bench bench = Bench.ofSegments(1024);
    long image = bench.snapshot("image", bench.volume("golden", 20L << 30));
    long before = usedBytes(bench);
    for (int i = 0; i < IDLE_CLONES; i++) {
      bench.clone("desktop-" + i, image);
    }
    bench.settle();
    return (usedBytes(bench) - before) / IDLE_CLONES;
  }

  /**
   * Heap after a collection, and maps. The disk in memory counts: the clones' records are on it.
   */
  private static long usedBytes(Bench bench) {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory()
        - runtime.freeMemory()
        - bench.disk.storedBytes()
        + bench.store().stats().mapBytes();
  }

  private static long bytesOfRandomMaps(int layers) {
    Cells cells = new Cells();
    SplittableRandom random = new SplittableRandom(1);
    for (int layer = 1; layer <= layers; layer++) {
      LayerMap map = new LayerMap(cells);
      for (int i = 0; i < OWN_BLOCKS; i++) {
        map.put(random.nextLong(DISK_BLOCKS), Location.of(1 + i / 1000, i % 1000), i);
      }
    }
    return cells.slabBytes();
  }
}
