package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** The live slots that a checkpoint names, by segment; read from what {@link LiveImage} wrote. */
final class LiveSlots {
  /**
   * Of one segment.
   *
   * @param sequence of the use of the segment in which they were written
   */
  record Of(int segment, long sequence, BitSet slots) {}

  private final List<Of> segments = new ArrayList<>();
  private boolean known;

  /** Whether the checkpoint says which slots are live. */
  boolean known() {
    return known;
  }

  List<Of> segments() {
    return segments;
  }

  /** Takes a chunk for a rebuild: whiteouts go into the maps at once, live slots are kept. */
  void load(MemorySegment m, int items, long end, Namespace namespace, Bounds bounds) {
    Geometry geometry = bounds.geometry();
    known = true;
    int at = Chunk.HEADER_BYTES;
    for (int i = 0; i < items; i++) {
      Bounds.require(LiveImage.fits(m, at, end, geometry), "live item at", at);
      if (Bytes.u32(m, at) == LiveImage.NO_SEGMENT) {
        at = whiteouts(m, at, namespace);
      } else {
        segments.add(new Of(Bytes.u32(m, at), Bytes.u64(m, at + 8L), slots(m, at, bounds)));
        at += LiveImage.segmentBytes(geometry);
      }
    }
  }

  /** Takes a chunk for an opening, which has the whiteouts in its maps. */
  static void load(MemorySegment m, int items, long end, SegmentTable table, Bounds bounds) {
    long at = Chunk.HEADER_BYTES;
    for (int i = 0; i < items; i++) {
      Bounds.require(LiveImage.fits(m, at, end, table.geometry), "live item at", at);
      if (Bytes.u32(m, at) == LiveImage.NO_SEGMENT) {
        at += LiveImage.whiteBytes(m, at);
      } else {
        bounds.segment(Bytes.u32(m, at));
        bounds.usedPages(table.loadLive(Bytes.u32(m, at), m, at + 16L));
        at += LiveImage.segmentBytes(table.geometry);
      }
    }
  }

  private static BitSet slots(MemorySegment m, long at, Bounds bounds) {
    MemorySegment bits = m.asSlice(at + 16L, SegmentTable.words(bounds.geometry()) * 8L);
    BitSet slots = BitSet.valueOf(bits.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    bounds.segment(Bytes.u32(m, at));
    bounds.usedPages(slots.length());
    return slots;
  }

  private static int whiteouts(MemorySegment m, int at, Namespace namespace) {
    LayerMap map = namespace.requireLayer(Bytes.u64(m, at + 8L)).map;
    long leaf = Bytes.u64(m, at + 16L);
    Bounds.leaf(leaf);
    Bounds.require(map.leaf(leaf) == 0, "another leaf", leaf);
    int bitmap = at + LiveImage.WHITE_HEADER_BYTES;
    if ((Bytes.u32(m, at + 4L) & LiveImage.FLAG_WHOLE) != 0) {
      map.putWhiteLeaf(leaf);
      return bitmap;
    }
    for (int i = Leaf.next(m, bitmap, 0); i < Leaf.BLOCKS; i = Leaf.next(m, bitmap, i + 1)) {
      map.put(leaf * Leaf.BLOCKS + i, Location.WHITEOUT, 0);
    }
    return bitmap + LiveImage.BITMAP_BYTES;
  }
}
