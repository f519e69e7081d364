package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * Where a chunk is and what its checksum must be, so that an older chunk that a lost write left
 * there is not taken for it.
 *
 * <pre>
 * u32 virtual segment · u16 page · u16 pages · u32 kind · u32 checksum of the chunk
 * </pre>
 */
record ChunkReference(int segment, int page, int pages, int kind, int crc) {
  static final int BYTES = 16;

  /** Whether such a chunk can be in such a store. */
  boolean fits(Geometry geometry) {
    return segment >= SegmentTable.FIRST
        && segment < geometry.segments()
        && pages > 0
        && page + pages <= geometry.usablePages();
  }

  void write(MemorySegment m, long at) {
    Bytes.u32(m, at, segment);
    Bytes.u16(m, at + 4, page);
    Bytes.u16(m, at + 6, pages);
    Bytes.u32(m, at + 8, kind);
    Bytes.u32(m, at + 12, crc);
  }

  static ChunkReference read(MemorySegment m, long at) {
    return new ChunkReference(
        Bytes.u32(m, at),
        Bytes.u16(m, at + 4),
        Bytes.u16(m, at + 6),
        Bytes.u32(m, at + 8),
        Bytes.u32(m, at + 12));
  }
}
