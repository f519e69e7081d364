package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/** A leaf as a checkpoint holds it; drawn in {@link Chunk}. */
final class LeafImage {
  private LeafImage() {}

  static int bytesMax() {
    return bytes(Leaf.BLOCKS);
  }

  /** How long the image of a leaf of so many entries is. */
  static int bytes(int count) {
    return Chunk.LEAF_HEADER_BYTES + Leaf.ENTRIES + count * Leaf.ENTRY_BYTES;
  }

  /** Whether there is a leaf at {@code at} that ends at {@code end} or before. */
  static boolean fits(MemorySegment m, long at, long end) {
    if (at + Chunk.LEAF_HEADER_BYTES > end) {
      return false;
    }
    int count = Bytes.u16(m, at + 16);
    return count == Chunk.WHITE_LEAF
        || (at + bytes(count) <= end && Leaf.count(m, at + Chunk.LEAF_HEADER_BYTES) == count);
  }

  /** The length of a leaf that {@link #fits}. */
  static int length(MemorySegment m, long at) {
    int count = Bytes.u16(m, at + 16);
    return count == Chunk.WHITE_LEAF ? Chunk.LEAF_HEADER_BYTES : bytes(count);
  }

  /** How many entries follow the bitmap of a leaf that {@link #fits}. */
  static int entries(MemorySegment m, long at) {
    int count = Bytes.u16(m, at + 16);
    return count == Chunk.WHITE_LEAF ? 0 : count;
  }

  /** What is in a leaf that {@link #fits}. */
  static MapChunk.Run run(MemorySegment m, long at) {
    boolean whole = Bytes.u16(m, at + 16) == Chunk.WHITE_LEAF;
    boolean elsewhere = (Bytes.u16(m, at + 18) & Chunk.FLAG_WHITE_ELSEWHERE) != 0;
    int count = entries(m, at);
    int white = whole ? 0 : Leaf.whiteouts(m, at + Chunk.LEAF_HEADER_BYTES);
    boolean hides = whole || elsewhere || white > 0;
    return new MapChunk.Run(Bytes.u64(m, at), 1, whole ? 1 : 0, count - white, white, hides);
  }

  /** Writes an existing leaf and returns its length. */
  static int write(Layer layer, long leafIndex, MemorySegment to, long at) {
    LayerMap map = layer.map;
    int leaf = map.leaf(leafIndex);
    Bytes.u64(to, at, layer.id);
    Bytes.u64(to, at + 8, leafIndex);
    Bytes.u64(to, at + 16, 0);
    if (leaf == Leaf.WHITE) {
      Bytes.u16(to, at + 16, Chunk.WHITE_LEAF);
      return Chunk.LEAF_HEADER_BYTES;
    }
    MemorySegment from = map.cells().slab(leaf);
    long base = Cells.base(leaf);
    int count = Leaf.count(from, base);
    int bytes = Leaf.ENTRIES + count * Leaf.ENTRY_BYTES;
    Bytes.u16(to, at + 16, count);
    Bytes.u16(to, at + 18, Leaf.whiteElsewhere(leaf) ? Chunk.FLAG_WHITE_ELSEWHERE : 0);
    MemorySegment.copy(from, base, to, at + Chunk.LEAF_HEADER_BYTES, bytes);
    return Chunk.LEAF_HEADER_BYTES + bytes;
  }
}
