package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Changes to the maps together with the live bits of the slots that they name: here, and in the
 * image of a checkpoint that has yet to come to the leaf.
 *
 * <p>While a rebuild makes the maps nothing is counted; {@link #countLive} does it once at the end.
 */
final class Blocks implements LayerMap.Graves {
  private final SegmentTable table;
  private final ChainWalk walk = new ChainWalk();
  private boolean counting = true;
  private boolean replaying;
  private @Nullable CutSlots cut;
  private long hides;

  Blocks(SegmentTable table) {
    this.table = table;
  }

  void rebuilding(boolean on) {
    counting = !on;
  }

  /** The log says again what the maps of the checkpoint may know already. */
  void replaying(boolean on) {
    replaying = on;
  }

  /** A checkpoint is being written, whose maps and live slots must agree; null: none. */
  void cut(@Nullable CutSlots slots) {
    cut = slots;
  }

  /** The block is at {@code location} now; what it had before in this layer is dead. */
  void place(Layer layer, long address, long location, int crc) {
    long old = layer.map.putNewer(address, location, crc);
    if (!counting) {
      return;
    }
    boolean fresh = old == Location.NONE || old == Location.UNKNOWN;
    hides += fresh && layer.mayHide() ? 1 : 0;
    if (!replaying || !table.isLive(Location.segment(location), Location.slot(location))) {
      table.markLive(location);
    }
    CutSlots slots = cut;
    if (slots != null) {
      slots.born(layer.id, address / Leaf.BLOCKS, location);
    }
    if (old != location) {
      kill(layer.map, address / Leaf.BLOCKS, old);
    }
  }

  /** During replay it may have died when what replaced it was replaced. */
  @Override
  public void killOlder(LayerMap map, long leafIndex, long location) {
    if (table.isLive(Location.segment(location), Location.slot(location))) {
      kill(map, leafIndex, location);
    }
  }

  void kill(LayerMap map, long leafIndex, long location) {
    if (!counting || location < 0) {
      return;
    }
    table.kill(location);
    CutSlots slots = cut;
    if (slots != null) {
      slots.died(map.layerId, leafIndex, location);
    }
  }

  /** How often something was set that may hide a block of a layer below. */
  long hides() {
    return hides;
  }

  /** Makes the range read as zeros: forgets blocks, and hides those of the parents. */
  void zero(Layer layer, long first, long count) {
    long end = first + count;
    walk.begin(layer, first / Leaf.BLOCKS);
    while (walk.next() && walk.leaf() * Leaf.BLOCKS < end) {
      long leaf = walk.leaf();
      int from = (int) Math.max(0, first - leaf * Leaf.BLOCKS);
      int to = (int) Math.min(Leaf.BLOCKS, end - leaf * Leaf.BLOCKS);
      long[] shown = walk.shownBelow();
      if (to - from == Leaf.BLOCKS) {
        zeroLeaf(layer, leaf, shown);
      } else {
        zeroWithinLeaf(layer, leaf, from, to, shown);
      }
    }
  }

  /** Frees all blocks of one leaf and the leaf; returns how many, or -1 when there was no leaf. */
  int dropLeaf(LayerMap map) {
    long leaf = map.nextLeaf(0);
    return leaf < 0 ? -1 : dropLeaf(map, leaf);
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

  private void zeroLeaf(Layer layer, long leafIndex, long[] shown) {
    if (layer.map.has(leafIndex)) {
      dropLeaf(layer.map, leafIndex);
    }
    if (Whiteouts.any(shown)) {
      layer.map.putWhiteLeaf(leafIndex);
      hides++;
    }
  }

  private void zeroWithinLeaf(Layer layer, long leafIndex, int from, int to, long[] shown) {
    for (int i = from; i < to; i++) {
      long address = leafIndex * Leaf.BLOCKS + i;
      boolean shows = Whiteouts.has(shown, i);
      long old = shows ? layer.map.put(address, Location.WHITEOUT, 0) : layer.map.remove(address);
      kill(layer.map, leafIndex, old);
      hides += shows ? 1 : 0;
    }
  }

  /** Frees the blocks of this leaf and the leaf; returns how many. */
  int dropLeaf(LayerMap map, long leafIndex) {
    int leaf = map.detachLeaf(leafIndex);
    if (leaf == Leaf.WHITE) {
      return 1;
    }
    MemorySegment m = map.cells().slab(leaf);
    long base = Cells.base(leaf);
    int count = Leaf.count(m, base);
    for (int rank = 0; rank < count; rank++) {
      kill(map, leafIndex, Leaf.location(m, Leaf.entry(base, rank)));
    }
    map.freeLeafCell(leaf);
    return count;
  }
}
