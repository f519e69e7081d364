package io.millrace.engine.core;

import java.util.List;

/**
 * A chunk of the maps in the checkpoint that stands: the leaves from one on, up to the next chunk's
 * first.
 *
 * @param layerId of the first leaf
 * @param leaf index of the first leaf
 * @param items how many leaves
 * @param runs the same leaves by layer
 */
record MapChunk(long layerId, long leaf, int items, List<Run> runs, ChunkReference reference) {
  /**
   * Leaves of one layer that follow each other in a chunk.
   *
   * @param wholes leaves that are whiteouts as a whole
   * @param blocks entries with data
   * @param whiteouts entries that are whiteouts
   * @param hides a leaf of it has whiteouts of any kind
   */
  record Run(long layerId, int leaves, int wholes, long blocks, long whiteouts, boolean hides) {
    /** Of one leaf. */
    static Run of(LayerMap map, long leafIndex) {
      int leaf = map.leaf(leafIndex);
      boolean whole = leaf == Leaf.WHITE;
      int whiteouts = map.whiteEntries(leaf);
      int entries = whole ? 0 : Leaf.count(map.cells().slab(leaf), Cells.base(leaf));
      boolean hides = Leaf.whiteElsewhere(leaf) || whiteouts > 0;
      return new Run(map.layerId, 1, whole ? 1 : 0, entries - whiteouts, whiteouts, hides);
    }

    /** What the leaves take in a checkpoint. */
    long imageBytes() {
      return (long) leaves * Chunk.LEAF_HEADER_BYTES
          + (long) (leaves - wholes) * Leaf.ENTRIES
          + (blocks + whiteouts) * Leaf.ENTRY_BYTES;
    }

    /** What their whiteouts take there at most, besides. */
    long whiteBytesMax() {
      return (long) wholes * LiveImage.bytesMax(Leaf.WHITE)
          + (long) (leaves - wholes) * LiveImage.leafBytesMax();
    }

    Run plus(Run more) {
      return new Run(
          layerId,
          leaves + more.leaves,
          wholes + more.wholes,
          blocks + more.blocks,
          whiteouts + more.whiteouts,
          hides || more.hides);
    }
  }

  MapChunk {
    runs = List.copyOf(runs);
  }

  /** Whether this leaf comes before the chunk's first. */
  boolean isAfter(long otherLayerId, long otherLeaf) {
    return otherLayerId < layerId || (otherLayerId == layerId && otherLeaf < leaf);
  }

  /** Whether one of its leaves has whiteouts. */
  boolean hides() {
    boolean hides = false;
    for (Run run : runs) {
      hides |= run.hides;
    }
    return hides;
  }
}
