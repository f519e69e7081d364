package io.millrace.engine.core;

import org.jspecify.annotations.Nullable;

/**
 * How much of a range one record may zero, so that to apply it takes bounded time, and how much it
 * may add to the maps: whiteouts, where parents hold something.
 *
 * <p>Reused for every record. Owner thread only.
 */
final class ZeroPlan {
  /** A whiteout of a whole leaf: its image, and its share of inner nodes. */
  private static final int WHITE_LEAF_BYTES = 64;

  private final int leavesMax;
  private long end;
  private int leaves;
  private int leavesBelow;
  private final ChainWalk walk = new ChainWalk();
  private long growthBytes;

  ZeroPlan(int leavesMax) {
    this.leavesMax = leavesMax;
  }

  /** Where the record ends: behind the last block. */
  long end() {
    return end;
  }

  /** Leaves that hold something in the range, in the layer or its parents. */
  int leaves() {
    return leaves;
  }

  /** By so much the maps, and their image in a checkpoint, may grow. */
  long growthBytes() {
    return growthBytes;
  }

  /** The next record of a range. */
  void plan(Layer layer, long first, long rangeEnd) {
    count(layer, first, rangeEnd, leavesMax);
  }

  /** All records of a range; it goes through all leaves. */
  void planAll(Layer layer, long first, long rangeEnd) {
    count(layer, first, rangeEnd, Integer.MAX_VALUE);
  }

  /** No less than what {@link #planAll} finds, from the sizes of the maps alone. */
  void bound(Layer layer, long first, long rangeEnd) {
    end = rangeEnd;
    long all = 0;
    for (Layer l = layer; l != null; l = l.parent) {
      all += l.map.leaves() + l.staged;
    }
    leaves = (int) Math.min(all, (rangeEnd - first) / Leaf.BLOCKS + 2);
    leavesBelow = leaves;
    growthBytes = growth(layer, first, end);
  }

  /** Records that are needed for all that was planned, and a few for edges. */
  int records() {
    return leaves / leavesMax + 2;
  }

  private void count(Layer layer, long first, long rangeEnd, int max) {
    end = rangeEnd;
    leaves = 0;
    growthBytes = 0;
    leavesBelow = 0;
    walk.begin(layer, first / Leaf.BLOCKS);
    while (walk.next() && walk.leaf() * Leaf.BLOCKS < rangeEnd) {
      if (leaves == max) {
        end = walk.leaf() * Leaf.BLOCKS;
        break;
      }
      leaves++;
      leavesBelow += walk.below() ? 1 : 0;
    }
    growthBytes = growth(layer, first, end);
  }

  private long growth(Layer layer, long first, long to) {
    if (layer.parent == null) {
      return 0;
    }
    long head = Math.min(to, (first + Leaf.BLOCKS - 1) / Leaf.BLOCKS * Leaf.BLOCKS);
    long tail = Math.max(head, to / Leaf.BLOCKS * Leaf.BLOCKS);
    return partGrowth(layer, first, head)
        + partGrowth(layer, tail, to)
        + (long) leavesBelow * WHITE_LEAF_BYTES;
  }

  /** Of a part of one leaf. What parents have in staging is not in their maps yet. */
  private static long partGrowth(Layer layer, long first, long to) {
    if (first == to) {
      return 0;
    }
    for (@Nullable Layer l = layer.parent; l != null; l = l.parent) {
      if (l.staged > 0 || l.map.has(first / Leaf.BLOCKS)) {
        return Math.min(LeafImage.bytesMax(), 2L * LeafImage.bytes((int) (to - first)));
      }
    }
    return 0;
  }
}
