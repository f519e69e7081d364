package io.millrace.engine.core;

/**
 * The live slots as the maps of a checkpoint under way name them: those of the cut, and every
 * change since to a leaf that had yet to be written. So an opening that takes both finds them in
 * agreement, and need not read the maps to know what is live.
 */
final class CutSlots {
  private final SegmentTable table;
  private final MapPages.Front front;
  private final long[] bits;

  CutSlots(SegmentTable table, MapPages.Front front) {
    this.table = table;
    this.front = front;
    bits = table.copyLive();
  }

  /** A leaf has come to name a slot. */
  void born(long layerId, long leaf, long location) {
    if (front.isBefore(layerId, leaf)) {
      bits[table.word(location)] |= 1L << (location & 63);
    }
  }

  /** A leaf no longer names a slot. */
  void died(long layerId, long leaf, long location) {
    if (front.isBefore(layerId, leaf)) {
      bits[table.word(location)] &= ~(1L << (location & 63));
    }
  }

  /** Of a segment, in whole words. */
  long word(int segment, int i) {
    return bits[segment * SegmentTable.words(table.geometry) + i];
  }
}
