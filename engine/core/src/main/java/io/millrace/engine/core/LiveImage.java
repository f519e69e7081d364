package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * What a checkpoint says besides the maps, so that a {@link Rebuild} can make them anew: which
 * slots are live, exactly as at the cut, and which blocks are whiteouts. Drawn in {@link Chunk}.
 *
 * <p>The whiteouts may be newer than the cut, as the maps may be: what made or overwrote one
 * meanwhile stands in the log and is replayed. The live slots may not: a block that the cleaner
 * moves meanwhile would be in neither place, or in both.
 */
final class LiveImage {
  static final int NO_SEGMENT = -1;
  static final int WHITE_HEADER_BYTES = 24;
  static final int BITMAP_BYTES = Leaf.BLOCKS / 8;
  static final int FLAG_WHOLE = 1;
  private static final int SEGMENT_HEADER_BYTES = 16;

  private final int partBytesMax;
  private final ArrayDeque<CheckpointImage.Part> parts = new ArrayDeque<>();
  private MemorySegment current;
  private int bytes;
  private int items;

  private LiveImage(int partBytesMax) {
    this.partBytesMax = partBytesMax;
    current = fresh();
  }

  /** The live slots as of now. */
  static LiveImage of(SegmentTable table, int partBytesMax) {
    LiveImage image = new LiveImage(partBytesMax);
    for (int s = SegmentTable.FIRST; s < table.segments(); s++) {
      if (table.live[s] > 0) {
        image.segment(table, s);
      }
    }
    return image;
  }

  /** Whether an item, as long as it says to be, ends there at the latest. */
  static boolean fits(MemorySegment m, long at, long end, Geometry geometry) {
    if (at + Long.BYTES > end) {
      return false;
    }
    boolean whole = (Bytes.u32(m, at + 4) & FLAG_WHOLE) != 0;
    int bytes =
        Bytes.u32(m, at) != NO_SEGMENT
            ? segmentBytes(geometry)
            : whole ? WHITE_HEADER_BYTES : leafBytesMax();
    return at + bytes <= end;
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

  private void segment(SegmentTable table, int segment) {
    room(segmentBytes(table.geometry));
    Bytes.u32(current, bytes, segment);
    Bytes.u32(current, bytes + 4, table.live[segment]);
    Bytes.u64(current, bytes + 8, table.sequence[segment]);
    table.copyLive(segment, current, bytes + (long) SEGMENT_HEADER_BYTES);
    bytes += segmentBytes(table.geometry);
    items++;
  }

  /** Adds the whiteouts of a leaf, if it has any. */
  void whiteouts(Layer layer, long leafIndex) {
    LayerMap map = layer.map;
    int leaf = map.leaf(leafIndex);
    boolean whole = leaf == Leaf.WHITE;
    if (!map.hasWhiteouts(leaf)) {
      return;
    }
    room(leafBytesMax());
    Bytes.u32(current, bytes, NO_SEGMENT);
    Bytes.u32(current, bytes + 4, whole ? FLAG_WHOLE : 0);
    Bytes.u64(current, bytes + 8, layer.id);
    Bytes.u64(current, bytes + 16, leafIndex);
    bytes += WHITE_HEADER_BYTES;
    if (!whole) {
      bitmap(map.cells().slab(leaf), Cells.base(leaf), Leaf.whiteElsewhere(leaf));
    }
    items++;
  }

  private void bitmap(MemorySegment m, long base, boolean elsewhere) {
    current.asSlice(bytes, BITMAP_BYTES).fill((byte) (elsewhere ? -1 : 0));
    int rank = 0;
    for (int i = Leaf.next(m, base, 0); i < Leaf.BLOCKS; i = Leaf.next(m, base, i + 1)) {
      boolean white = Leaf.location(m, Leaf.entry(base, rank++)) == Location.WHITEOUT;
      if (white != elsewhere) {
        Leaf.flip(current, bytes, i);
      }
    }
    bytes += BITMAP_BYTES;
  }

  /** All of it; there is one part at least, which says that nothing is live. */
  ArrayDeque<CheckpointImage.Part> parts() {
    if (items > 0 || parts.isEmpty()) {
      end();
    }
    return parts;
  }

  private void room(int more) {
    if (bytes + more > partBytesMax) {
      end();
    }
  }

  private void end() {
    parts.add(new CheckpointImage.Part(Chunk.LIVE, items, current.asSlice(0, bytes)));
    current = fresh();
    bytes = 0;
    items = 0;
  }

  private MemorySegment fresh() {
    return MemorySegment.ofArray(new byte[partBytesMax]);
  }
}
