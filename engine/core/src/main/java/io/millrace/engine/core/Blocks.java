package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

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
    long leaf = nextLeafInChain(layer, first / Leaf.BLOCKS);
    while (leaf >= 0 && leaf * Leaf.BLOCKS < end) {
      long from = Math.max(first, leaf * Leaf.BLOCKS);
      long to = Math.min(end, (leaf + 1) * Leaf.BLOCKS);
      if (to - from == Leaf.BLOCKS) {
        zeroLeaf(layer, leaf);
      } else {
        zeroWithinLeaf(layer, from, to);
      }
      leaf = nextLeafInChain(layer, leaf + 1);
    }
  }

  /** Frees all blocks of one leaf and the leaf; returns false when the layer has none left. */
  boolean dropLeaf(LayerMap map) {
    long leaf = map.nextLeaf(0);
    if (leaf < 0) {
      return false;
    }
    dropLeaf(map, leaf);
    return true;
  }

  /** Moves what the child does not hide from one leaf of the parent; the rest dies. */
  boolean mergeLeaf(LayerMap parent, LayerMap child) {
    long leafIndex = parent.nextLeaf(0);
    if (leafIndex < 0) {
      return false;
    }
    if (child.leaf(leafIndex) == 0) {
      child.adoptLeaf(leafIndex, parent.detachLeaf(leafIndex));
      return true;
    }
    int leaf = parent.detachLeaf(leafIndex);
    if (leaf == Leaf.WHITE) {
      mergeWhite(child, leafIndex);
      return true;
    }
    mergeEntries(parent.cells(), leaf, leafIndex, child);
    parent.freeLeafCell(leaf);
    return true;
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

  private static long nextLeafInChain(Layer layer, long from) {
    long nearest = -1;
    for (@Nullable Layer l = layer; l != null; l = l.parent) {
      long next = l.map.nextLeaf(from);
      if (next >= 0 && (nearest < 0 || next < nearest)) {
        nearest = next;
      }
    }
    return nearest;
  }

  private void zeroLeaf(Layer layer, long leafIndex) {
    if (layer.map.leaf(leafIndex) != 0) {
      dropLeaf(layer.map, leafIndex);
    }
    for (Layer l = layer.parent; l != null; l = l.parent) {
      if (l.map.leaf(leafIndex) != 0) {
        layer.map.putWhiteLeaf(leafIndex);
        return;
      }
    }
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

  private void dropLeaf(LayerMap map, long leafIndex) {
    int leaf = map.detachLeaf(leafIndex);
    if (leaf == Leaf.WHITE) {
      return;
    }
    MemorySegment m = map.cells().slab(leaf);
    long base = Cells.base(leaf);
    int count = Leaf.count(m, base);
    for (int rank = 0; rank < count; rank++) {
      kill(Leaf.location(m, Leaf.entry(base, rank)));
    }
    map.freeLeafCell(leaf);
  }

  private void mergeWhite(LayerMap child, long leafIndex) {
    long first = leafIndex * Leaf.BLOCKS;
    for (long address = first; address < first + Leaf.BLOCKS; address++) {
      if (child.find(address) == Location.NONE) {
        child.put(address, Location.WHITEOUT, 0);
      }
    }
  }

  private void mergeEntries(Cells cells, int leaf, long leafIndex, LayerMap child) {
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    int rank = 0;
    for (int i = Leaf.next(m, base, 0); i < Leaf.BLOCKS; i = Leaf.next(m, base, i + 1)) {
      long entry = Leaf.entry(base, rank++);
      long address = leafIndex * Leaf.BLOCKS + i;
      if (child.find(address) == Location.NONE) {
        child.put(address, Leaf.location(m, entry), Leaf.crc(m, entry));
      } else {
        kill(Leaf.location(m, entry));
      }
    }
  }
}
