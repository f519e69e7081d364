package io.millrace.engine.core;

/**
 * Where things are on the disk.
 *
 * <pre>
 * segment 0: page 0 superblock A, 4 root A, 8 superblock B, 12 root B; the rest unused
 * segment n: usable pages of commits or chunks, then the summary to the end of the segment
 * </pre>
 *
 * @param segmentPages pages of a segment
 * @param segments segments of the store, segment 0 included
 */
record Geometry(int segmentPages, int segments) {
  static final int SEGMENT_BYTES_MIN = 64 << 10;
  static final int SEGMENT_BYTES_MAX = 16 << 20;
  static final int SEGMENTS_MIN = 16;

  static final int SUPERBLOCK_A = 0;
  static final int ROOT_A = 4;
  static final int SUPERBLOCK_B = 8;
  static final int ROOT_B = 12;

  static Geometry of(long storeBytes, int segmentBytes) {
    long segments = storeBytes / segmentBytes;
    return new Geometry(
        segmentBytes / Bytes.PAGE, (int) Math.min(segments, Integer.MAX_VALUE - 64));
  }

  int segmentBytes() {
    return segmentPages * Bytes.PAGE;
  }

  /** Enough for one entry for each page before it. */
  int summaryPages() {
    int entry = Summary.ENTRY_BYTES;
    return (Summary.HEADER_BYTES + entry * segmentPages + Bytes.PAGE + entry - 1)
        / (Bytes.PAGE + entry);
  }

  int usablePages() {
    return segmentPages - summaryPages();
  }

  long offset(int segment, int page) {
    return ((long) segment * segmentPages + page) * Bytes.PAGE;
  }
}
