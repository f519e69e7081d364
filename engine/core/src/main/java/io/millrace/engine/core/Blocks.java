package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * Changes to the maps together with the live bits of the slots that they name.
 *
 * <p>During replay nothing is counted; {@link #countLive} does it once at the end.
 */
final class Blocks {
  private final SegmentTable table;
  private boolean counting = true;

  Blocks(SegmentTable table) {
    this.table = table;
  }

  void replaying(boolean on) {
    counting = !on;
  }

  /** The block is at {@code location} now; what it had before in this layer is dead. */
  void place(Layer layer, long address, long location, int crc) {
    long old = layer.map.put(address, location, crc);
    if (counting) {
      table.markLive(location);
      if (old >= 0) {
        table.kill(old);
      }
    }
  }

  void kill(long location) {
    if (counting && location >= 0) {
      table.kill(location);
    }
  }

  /** Makes the range read as zeros: forgets blocks, and hides those of the parents. */
  void zero(Layer layer, long first, long count) {
    long end = first + count;
    long leaf = layer.nextLeafInChain(first / Leaf.BLOCKS);
    while (leaf >= 0 && leaf * Leaf.BLOCKS < end) {
      long from = Math.max(first, leaf * Leaf.BLOCKS);
      long to = Math.min(end, (leaf + 1) * Leaf.BLOCKS);
      if (to - from == Leaf.BLOCKS) {
        zeroLeaf(layer, leaf);
      } else {
        zeroWithinLeaf(layer, from, to);
      }
      leaf = layer.nextLeafInChain(leaf + 1);
    }
  }

  /** Frees all blocks of one leaf and the leaf; returns how many, or -1 when there was no leaf. */
  int dropLeaf(LayerMap map) {
    long leaf = map.nextLeaf(0);
    return leaf < 0 ? -1 : dropLeaf(map, leaf);
  }

  /**
   * Moves what the child does not hide from one leaf of the parent; the rest dies. Whiteouts that
   * hide nothing are left behind.
   *
   * @return how many entries that was, or -1 when the parent has no leaf left
   */
  int mergeLeaf(Layer parent, Layer child) {
    long leafIndex = parent.map.nextLeaf(0);
    if (leafIndex < 0) {
      return -1;
    }
    int leaf = parent.map.detachLeaf(leafIndex);
    boolean hides = Leaf.whiteElsewhere(leaf) && ancestorHasLeaf(parent, leafIndex);
    if (child.map.leaf(leafIndex) == 0 && (hides || leaf != Leaf.WHITE)) {
      child.map.adoptLeaf(leafIndex, leaf);
      return 1;
    }
    int entries = leaf == Leaf.WHITE ? 1 : mergeEntries(leaf, leafIndex, parent, child);
    if (hides) {
      child.map.whitenElsewhere(leafIndex);
    }
    parent.map.freeLeafCell(leaf);
    return entries;
  }

  /** Sets the live bits of every mapped slot from nothing. */
  void countLive(Namespace namespace) {
    counting = true;
    for (Layer layer : namespace.layers.inOrder()) {
      if (layer.mergedInto == null) {
        countLive(layer.map);
      }
    }
  }

  private void countLive(LayerMap map) {
    for (long leafIndex = map.nextLeaf(0);
        leafIndex >= 0;
        leafIndex = map.nextLeaf(leafIndex + 1)) {
      int leaf = map.leaf(leafIndex);
      if (leaf != Leaf.WHITE) {
        MemorySegment m = map.cells().slab(leaf);
        long base = Cells.base(leaf);
        int count = Leaf.count(m, base);
        for (int rank = 0; rank < count; rank++) {
          long location = Leaf.location(m, Leaf.entry(base, rank));
          if (location >= 0) {
            table.markLive(location);
          }
        }
      }
    }
  }

  private void zeroLeaf(Layer layer, long leafIndex) {
    if (layer.map.leaf(leafIndex) != 0) {
      dropLeaf(layer.map, leafIndex);
    }
    if (ancestorHasLeaf(layer, leafIndex)) {
      layer.map.putWhiteLeaf(leafIndex);
    }
  }

  private static boolean ancestorHasLeaf(Layer layer, long leafIndex) {
    for (Layer l = layer.parent; l != null; l = l.parent) {
      if (l.map.leaf(leafIndex) != 0) {
        return true;
      }
    }
    return false;
  }

  private void zeroWithinLeaf(Layer layer, long from, long to) {
    for (long address = from; address < to; address++) {
      boolean hides = visibleInParents(layer, address);
      kill(hides ? layer.map.put(address, Location.WHITEOUT, 0) : layer.map.remove(address));
    }
  }

  private static boolean visibleInParents(Layer layer, long address) {
    for (Layer l = layer.parent; l != null; l = l.parent) {
      long location = l.map.find(address);
      if (location != Location.NONE) {
        return location != Location.WHITEOUT;
      }
    }
    return false;
  }

  private int dropLeaf(LayerMap map, long leafIndex) {
    int leaf = map.detachLeaf(leafIndex);
    if (leaf == Leaf.WHITE) {
      return 1;
    }
    MemorySegment m = map.cells().slab(leaf);
    long base = Cells.base(leaf);
    int count = Leaf.count(m, base);
    for (int rank = 0; rank < count; rank++) {
      kill(Leaf.location(m, Leaf.entry(base, rank)));
    }
    map.freeLeafCell(leaf);
    return count;
  }

  private int mergeEntries(int leaf, long leafIndex, Layer parent, Layer child) {
    Cells cells = parent.map.cells();
    int rank = 0;
    for (int i = next(cells, leaf, 0); i < Leaf.BLOCKS; i = next(cells, leaf, i + 1)) {
      MemorySegment m = cells.slab(leaf);
      long entry = Leaf.entry(Cells.base(leaf), rank++);
      long location = Leaf.location(m, entry);
      long address = leafIndex * Leaf.BLOCKS + i;
      if (child.map.find(address) != Location.NONE) {
        kill(location);
      } else if (location >= 0 || visibleInParents(parent, address)) {
        child.map.put(address, location, Leaf.crc(m, entry));
      }
    }
    return rank;
  }

  private static int next(Cells cells, int leaf, int from) {
    return Leaf.next(cells.slab(leaf), Cells.base(leaf), from);
  }
}
