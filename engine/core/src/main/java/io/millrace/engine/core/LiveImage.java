package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * What a checkpoint says besides the maps, so that an opening need not read them, and a {@link
 * Rebuild} can make them anew: which slots are live, and which blocks are whiteouts. Drawn in
 * {@link Chunk}.
 *
 * <p>Both may be newer than the cut, exactly as the maps are: what made them so meanwhile stands in
 * the log and is replayed.
 */
final class LiveImage {
  static final int NO_SEGMENT = -1;
  static final int WHITE_HEADER_BYTES = 24;
  static final int BITMAP_BYTES = Leaf.BLOCKS / 8;
  static final int FLAG_WHOLE = 1;
  private static final int SEGMENT_HEADER_BYTES = 16;

  private final ImageParts parts;

  LiveImage(int partBytesMax) {
    parts = new ImageParts(partBytesMax);
  }

  /** Adds all slots that the written maps name. */
  void slots(SegmentTable table, CutSlots slots) {
    int words = SegmentTable.words(table.geometry);
    for (int s = SegmentTable.FIRST; s < table.segments(); s++) {
      int live = 0;
      for (int i = 0; i < words; i++) {
        live += Long.bitCount(slots.word(s, i));
      }
      if (live > 0) {
        segment(table, s, slots, live);
      }
    }
  }

  /** Whether an item, as long as it says to be, ends there at the latest. */
  static boolean fits(MemorySegment m, long at, long end, Geometry geometry) {
    if (at + Long.BYTES > end) {
      return false;
    }
    int bytes = Bytes.u32(m, at) != NO_SEGMENT ? segmentBytes(geometry) : whiteBytes(m, at);
    return at + bytes <= end;
  }

  /** Of an item with whiteouts. */
  static int whiteBytes(MemorySegment m, long at) {
    boolean whole = (Bytes.u32(m, at + 4) & FLAG_WHOLE) != 0;
    return whole ? WHITE_HEADER_BYTES : leafBytesMax();
  }

  static int segmentBytes(Geometry geometry) {
    return SEGMENT_HEADER_BYTES + SegmentTable.words(geometry) * Long.BYTES;
  }

  /** The most that a leaf of the maps adds. */
  static int leafBytesMax() {
    return WHITE_HEADER_BYTES + BITMAP_BYTES;
  }

  /** The most that this leaf adds, whatever comes to be in it. */
  static int bytesMax(int leaf) {
    return leaf == Leaf.WHITE ? WHITE_HEADER_BYTES : leafBytesMax();
  }

  private void segment(SegmentTable table, int segment, CutSlots slots, int live) {
    int words = SegmentTable.words(table.geometry);
    MemorySegment item = parts.item(Chunk.LIVE, segmentBytes(table.geometry));
    Bytes.u32(item, 0, segment);
    Bytes.u32(item, 4, live);
    Bytes.u64(item, 8, table.sequence[segment]);
    for (int i = 0; i < words; i++) {
      Bytes.u64(item, SEGMENT_HEADER_BYTES + i * 8L, slots.word(segment, i));
    }
  }

  /** Adds the whiteouts of a leaf, if it has any. */
  void whiteouts(Layer layer, long leafIndex) {
    LayerMap map = layer.map;
    int leaf = map.leaf(leafIndex);
    boolean whole = leaf == Leaf.WHITE;
    if (!Leaf.whiteElsewhere(leaf) && map.whiteEntries(leaf) == 0) {
      return;
    }
    MemorySegment item = parts.item(Chunk.LIVE, bytesMax(leaf));
    Bytes.u32(item, 0, NO_SEGMENT);
    Bytes.u32(item, 4, whole ? FLAG_WHOLE : 0);
    Bytes.u64(item, 8, layer.id);
    Bytes.u64(item, 16, leafIndex);
    if (!whole) {
      MemorySegment bits = item.asSlice(WHITE_HEADER_BYTES);
      bitmap(bits, map.cells().slab(leaf), Cells.base(leaf), Leaf.whiteElsewhere(leaf));
    }
  }

  private static void bitmap(MemorySegment bits, MemorySegment m, long base, boolean elsewhere) {
    bits.fill((byte) (elsewhere ? -1 : 0));
    int rank = 0;
    for (int i = Leaf.next(m, base, 0); i < Leaf.BLOCKS; i = Leaf.next(m, base, i + 1)) {
      boolean white = Leaf.location(m, Leaf.entry(base, rank++)) == Location.WHITEOUT;
      if (white != elsewhere) {
        Leaf.flip(bits, 0, i);
      }
    }
  }

  /** All of it; there is one part at least, which says that nothing is live. */
  ArrayDeque<ImageParts.Part> parts() {
    if (parts.isEmpty()) {
      parts.end(Chunk.LIVE);
    }
    parts.endIfAny(Chunk.LIVE);
    return parts.parts();
  }
}
