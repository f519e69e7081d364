package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * The handles of the leaves of one layer, by their index: a sparse radix tree.
 *
 * <p>Inner nodes are cells of 64 handles; a lowest one also has three bits for each of its leaves.
 * The tree grows at the root, so that an empty layer costs nothing and a lookup costs as many steps
 * as the highest index needs. Owner thread only.
 */
final class LeafTree {
  private static final int FANOUT_BITS = 6;
  private static final int FANOUT = 1 << FANOUT_BITS;
  private static final int HANDLES_BYTES = FANOUT * 4;

  /** No checkpoint has the leaf as it is. */
  static final int CHANGED = HANDLES_BYTES;

  /** In memory are only the entries that are newer than the leaf of the checkpoint. */
  static final int PARTIAL = HANDLES_BYTES + 8;

  /** It was asked for since this was cleared. */
  static final int USED = HANDLES_BYTES + 16;

  private static final int NODE_BYTES = HANDLES_BYTES + 24;
  private static final int LEVELS_MAX = 8;

  private final Cells cells;
  private final int[] path = new int[LEVELS_MAX];
  private int root;
  private int levels;

  /** The lowest node that {@link #handle} came through last. */
  private int lowest;

  LeafTree(Cells cells) {
    this.cells = cells;
  }

  /** Changes places with another tree of the same cells. */
  void exchange(LeafTree other) {
    int otherRoot = other.root;
    int otherLevels = other.levels;
    other.root = root;
    other.levels = levels;
    root = otherRoot;
    levels = otherLevels;
  }

  /** The handle of a leaf; 0 when there is none. */
  int handle(long leafIndex) {
    if (root == 0 || leafIndex >>> (levels * FANOUT_BITS) != 0) {
      return 0;
    }
    int node = root;
    for (int level = levels - 1; level >= 0 && node != 0; level--) {
      lowest = node;
      node = child(node, leafIndex, level);
    }
    return node;
  }

  /** A bit of the existing leaf that {@link #handle} was asked for last. */
  boolean has(int bit, long leafIndex) {
    return ((Bytes.u64(cells.slab(lowest), Cells.base(lowest) + bit) >>> leafIndex) & 1) != 0;
  }

  /** Sets a bit of the existing leaf that {@link #handle} was asked for last. */
  void set(int bit, long leafIndex) {
    MemorySegment m = cells.slab(lowest);
    long at = Cells.base(lowest) + bit;
    Bytes.u64(m, at, Bytes.u64(m, at) | (1L << leafIndex));
  }

  /** Clears a bit of the existing leaf that {@link #handle} was asked for last. */
  void clear(int bit, long leafIndex) {
    MemorySegment m = cells.slab(lowest);
    long at = Cells.base(lowest) + bit;
    Bytes.u64(m, at, Bytes.u64(m, at) & ~(1L << leafIndex));
  }

  /** The smallest index of an existing leaf at or after {@code from}; -1 when there is none. */
  long next(long from) {
    if (root == 0 || from >>> (levels * FANOUT_BITS) != 0) {
      return -1;
    }
    return next(root, levels - 1, from, 0);
  }

  private long next(int node, int level, long from, long prefix) {
    int first = (int) ((from >>> (level * FANOUT_BITS)) & (FANOUT - 1));
    for (int i = first; i < FANOUT; i++) {
      int next = Bytes.u32(cells.slab(node), Cells.base(node) + i * 4L);
      if (next == 0) {
        continue;
      }
      long index = (prefix << FANOUT_BITS) | i;
      if (level == 0) {
        return index;
      }
      long found = next(next, level - 1, i == first ? from : 0, index);
      if (found >= 0) {
        return found;
      }
    }
    return -1;
  }

  /** Puts a handle in, in place of another or of none; its bits stay as they are. */
  void put(long leafIndex, int leaf) {
    reach(leafIndex);
    int node = root;
    for (int level = levels - 1; level > 0; level--) {
      int next = child(node, leafIndex, level);
      if (next == 0) {
        next = newNode();
        Bytes.u32(cells.slab(node), childAt(node, leafIndex, level), next);
      }
      node = next;
    }
    Bytes.u32(cells.slab(node), childAt(node, leafIndex, 0), leaf);
    lowest = node;
  }

  /** Clears the leaf's handle and frees the inner nodes that are empty then. */
  void remove(long leafIndex) {
    int node = root;
    for (int level = levels - 1; level > 0; level--) {
      path[level] = node;
      node = child(node, leafIndex, level);
    }
    path[0] = node;
    for (int level = 0; level < levels; level++) {
      node = path[level];
      Bytes.u32(cells.slab(node), childAt(node, leafIndex, level), 0);
      if (!childless(node)) {
        return;
      }
      cells.free(node, NODE_BYTES);
    }
    root = 0;
    levels = 0;
  }

  private boolean childless(int node) {
    MemorySegment m = cells.slab(node);
    long base = Cells.base(node);
    for (int at = 0; at < HANDLES_BYTES; at += 8) {
      if (Bytes.u64(m, base + at) != 0) {
        return false;
      }
    }
    return true;
  }

  private int child(int node, long leafIndex, int level) {
    return Bytes.u32(cells.slab(node), childAt(node, leafIndex, level));
  }

  private static long childAt(int node, long leafIndex, int level) {
    return Cells.base(node) + ((leafIndex >>> (level * FANOUT_BITS)) & (FANOUT - 1)) * 4;
  }

  /** Grows the tree until it has a place for this leaf. */
  private void reach(long leafIndex) {
    if (root == 0) {
      root = newNode();
      levels = 1;
      while (leafIndex >>> (levels * FANOUT_BITS) != 0) {
        levels++;
      }
    }
    while (leafIndex >>> (levels * FANOUT_BITS) != 0) {
      int node = newNode();
      Bytes.u32(cells.slab(node), Cells.base(node), root);
      root = node;
      levels++;
    }
  }

  private int newNode() {
    int node = cells.allocate(NODE_BYTES);
    cells.slab(node).asSlice(Cells.base(node), NODE_BYTES).fill((byte) 0);
    return node;
  }
}
