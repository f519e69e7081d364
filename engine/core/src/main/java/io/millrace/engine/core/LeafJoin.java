package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * Makes one leaf of the newer entries of it that are in memory, and of it as a checkpoint has it.
 */
final class LeafJoin {
  /** Told of blocks that both have. */
  interface Replaced {
    /** The locations, or whiteouts, of one block. */
    void replaced(long older, long newer);
  }

  private LeafJoin() {}

  /**
   * Joins them in a new cell, and frees that of the newer entries.
   *
   * @param newer the handle of the newer entries
   * @param at where the bitmap of the older leaf begins
   * @return the handle of the new cell
   */
  static int join(Cells cells, int newer, MemorySegment older, long at, Replaced told) {
    MemorySegment n = cells.slab(newer);
    long newerBase = Cells.base(newer);
    int count = 0;
    for (int word = 0; word < LayerMap.BITMAP_WORDS; word++) {
      count +=
          Long.bitCount(Bytes.u64(n, newerBase + word * 8L) | Bytes.u64(older, at + word * 8L));
    }
    int joined = cells.allocate(Leaf.cellBytes(count));
    MemorySegment m = cells.slab(joined);
    long base = Cells.base(joined);
    m.asSlice(base, Leaf.ENTRIES).fill((byte) 0);
    int rank = 0;
    int newerRank = 0;
    int olderRank = 0;
    for (int i = 0; rank < count; i++) {
      boolean isNewer = Leaf.has(n, newerBase, i);
      boolean isOlder = Leaf.has(older, at, i);
      long newerEntry = Leaf.entry(newerBase, newerRank);
      long olderEntry = Leaf.entry(at, olderRank);
      if (isNewer && isOlder) {
        told.replaced(Leaf.location(older, olderEntry), Leaf.location(n, newerEntry));
      }
      if (isNewer || isOlder) {
        MemorySegment from = isNewer ? n : older;
        long entry = isNewer ? newerEntry : olderEntry;
        MemorySegment.copy(from, entry, m, Leaf.entry(base, rank++), Leaf.ENTRY_BYTES);
        Leaf.flip(m, base, i);
      }
      newerRank += isNewer ? 1 : 0;
      olderRank += isOlder ? 1 : 0;
    }
    cells.free(newer, Leaf.cellBytes(Leaf.count(n, newerBase)));
    return joined;
  }
}
