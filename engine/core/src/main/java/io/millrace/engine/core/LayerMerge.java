package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * Makes one layer of a nameless one and its only child, leaf by leaf; in between, the two together
 * hold what they held before.
 *
 * <p>The smaller map is walked: the parent's leaves go below the child's, or the child's go over
 * the parent's, and then the maps change places. A child that is written to meanwhile may grow
 * faster than it is walked, and leaves that are not in memory can't change their layer: then the
 * parent's leaves are walked after all, which can't grow.
 */
final class LayerMerge {
  final Layer parent;
  final Layer child;
  private final Blocks blocks;
  private long upLeavesLeft;

  LayerMerge(Layer parent, Layer child, Blocks blocks) {
    this.parent = parent;
    this.child = child;
    this.blocks = blocks;
    boolean up = child.map.leaves() < parent.map.leaves() && parent.map.missing() == 0;
    upLeavesLeft = up ? 2 * child.map.leaves() + 1 : 0;
  }

  /**
   * It can be done: the child has not been deleted, and is not to be merged itself. The child goes
   * first then, for it may hold half of what it was: its blocks would be found below those of the
   * parent that came after them, and a {@link Rebuild} could not tell which are newer.
   */
  boolean possible() {
    return parent.mergeable() && parent.firstChild == child && !child.mergeable();
  }

  /** Whether the next step needs no leaf that is not in memory. */
  boolean isReady(MapPages pages) {
    long leaf = upLeavesLeft > 0 ? child.map.nextLeaf(0) : parent.map.nextLeaf(0);
    return leaf < 0 || pages.isReadyBelow(child, leaf);
  }

  /**
   * Merges one leaf.
   *
   * @return how many entries were touched, or -1 when there is no leaf left: all is the child's
   */
  int step() {
    if (parent.map.missing() > 0) {
      upLeavesLeft = 0;
    }
    if (upLeavesLeft > 0 && child.map.empty()) {
      child.map.exchange(parent.map);
    }
    if (parent.map.empty()) {
      return -1;
    }
    if (upLeavesLeft > 0) {
      upLeavesLeft--;
      return putOver();
    }
    return putBelow();
  }

  /** A leaf of the child covers that of the parent. */
  private int putOver() {
    long leafIndex = child.map.nextLeaf(0);
    int leaf = child.map.detachLeaf(leafIndex);
    int work;
    if (!parent.map.has(leafIndex) || Leaf.whiteElsewhere(leaf)) {
      work = dropIfThere(parent.map, leafIndex);
      parent.map.adoptLeaf(leafIndex, leaf);
    } else {
      work = overwrite(leaf, leafIndex);
      child.map.freeLeafCell(leaf);
    }
    Whiteouts.tidy(parent, leafIndex);
    return work;
  }

  private int overwrite(int leaf, long leafIndex) {
    Cells cells = child.map.cells();
    int rank = 0;
    for (int i = next(cells, leaf, 0); i < Leaf.BLOCKS; i = next(cells, leaf, i + 1)) {
      MemorySegment m = cells.slab(leaf);
      long entry = Leaf.entry(Cells.base(leaf), rank++);
      long address = leafIndex * Leaf.BLOCKS + i;
      long old = parent.map.put(address, Leaf.location(m, entry), Leaf.crc(m, entry));
      blocks.kill(parent.map, leafIndex, old);
    }
    return rank;
  }

  /** A leaf of the parent becomes what the child does not hide of it. */
  private int putBelow() {
    long leafIndex = parent.map.nextLeaf(0);
    int over = child.map.leaf(leafIndex);
    int work;
    if (Leaf.whiteElsewhere(over)) {
      work = dropIfThere(parent.map, leafIndex);
    } else {
      int leaf = parent.map.detachLeaf(leafIndex);
      if (over == 0) {
        child.map.adoptLeaf(leafIndex, leaf);
        work = 1;
      } else {
        work = fillIn(leaf, leafIndex);
        parent.map.freeLeafCell(leaf);
      }
    }
    Whiteouts.tidy(child, leafIndex);
    return work;
  }

  private int fillIn(int leaf, long leafIndex) {
    int work = leaf == Leaf.WHITE ? 1 : fillInEntries(leaf, leafIndex);
    if (Leaf.whiteElsewhere(leaf)) {
      child.map.whitenElsewhere(leafIndex);
    }
    return work;
  }

  private int fillInEntries(int leaf, long leafIndex) {
    Cells cells = parent.map.cells();
    int rank = 0;
    for (int i = next(cells, leaf, 0); i < Leaf.BLOCKS; i = next(cells, leaf, i + 1)) {
      MemorySegment m = cells.slab(leaf);
      long entry = Leaf.entry(Cells.base(leaf), rank++);
      long location = Leaf.location(m, entry);
      long address = leafIndex * Leaf.BLOCKS + i;
      if (child.map.find(address) == Location.NONE) {
        child.map.put(address, location, Leaf.crc(m, entry));
      } else {
        blocks.kill(parent.map, leafIndex, location);
      }
    }
    return rank;
  }

  private int dropIfThere(LayerMap map, long leafIndex) {
    return !map.has(leafIndex) ? 1 : blocks.dropLeaf(map, leafIndex);
  }

  private static int next(Cells cells, int leaf, int from) {
    return Leaf.next(cells.slab(leaf), Cells.base(leaf), from);
  }
}
