package io.millrace.engine.core;

/**
 * What is in a sealed segment, in its last pages: enough to rebuild the maps without the headers.
 *
 * <pre>
 *    0 u64 magic "MRSUMMRY"      32 u64 first sequence    48 u32 virtual segment id
 *    8 u8[16] store uuid         40 u64 last sequence     52 u16 entries · u8 stream · u8 zero
 *   24 u64 segment sequence      56 u32 zero              60 u32 CRC32C of the summary pages
 *   64 one entry of 32 bytes for each page before the summary, as in {@link CommitHeader};
 *      layer id 0: a header page or a page without data
 * </pre>
 *
 * <p>Optional: a segment that was cut short by a crash has none, and its headers say the same.
 */
final class Summary {
  static final long MAGIC = Bytes.magic("MRSUMMRY");
  static final int HEADER_BYTES = 64;
  static final int ENTRY_BYTES = 32;
  static final int CRC = 60;

  /** Whether a whole segment in memory ends with the summary of that use of it. */
  static boolean good(PageBuffer segment, Geometry geometry, Checksum checksum, long sequence) {
    int at = geometry.usablePages() * Bytes.PAGE;
    int bytes = geometry.summaryPages() * Bytes.PAGE;
    return stands(segment, geometry, checksum, sequence)
        && Bytes.u32(segment.memory, at + CRC) == checksum.around(segment, at, bytes, CRC);
  }

  /** Whether it claims to be one, good or not. */
  static boolean stands(PageBuffer segment, Geometry geometry, Checksum checksum, long sequence) {
    int at = geometry.usablePages() * Bytes.PAGE;
    var m = segment.memory;
    return Bytes.u64(m, at) == MAGIC
        && Bytes.sameUuid(m, at + 8, checksum.store())
        && Bytes.u64(m, at + 24) == sequence;
  }

  /** Where in a segment the summary's entry of a slot begins. */
  static int entry(Geometry geometry, int slot) {
    return geometry.usablePages() * Bytes.PAGE + HEADER_BYTES + slot * ENTRY_BYTES;
  }

  private final PageBuffer buffer;
  private final int bytes;
  private long firstSequence;
  private long lastSequence;

  Summary(PageBuffer buffer, Geometry geometry) {
    this.buffer = buffer;
    bytes = geometry.summaryPages() * Bytes.PAGE;
  }

  PageBuffer buffer() {
    return buffer;
  }

  void clear() {
    buffer.memory.fill((byte) 0);
    firstSequence = 0;
    lastSequence = 0;
  }

  /** Takes over the entries of a commit that has been sealed. */
  void add(Batch batch) {
    if (firstSequence == 0) {
      firstSequence = batch.sequence;
    }
    lastSequence = batch.sequence;
    int from = batch.headerAt() + CommitHeader.FIXED_BYTES;
    int slot = batch.page + batch.headerPages;
    for (int i = 0; i < batch.count; i++) {
      java.lang.foreign.MemorySegment.copy(
          batch.buffer.memory,
          from + (long) i * batch.entryBytes(),
          buffer.memory,
          HEADER_BYTES + (long) (slot + i) * ENTRY_BYTES,
          ENTRY_BYTES);
    }
  }

  /** Ends the summary of a segment whose first {@code pages} pages are written. */
  void seal(int segment, long segmentSequence, int stream, int pages, Checksum checksum) {
    var m = buffer.memory;
    Bytes.u64(m, 0, MAGIC);
    Bytes.uuid(m, 8, checksum.store());
    Bytes.u64(m, 24, segmentSequence);
    Bytes.u64(m, 32, firstSequence);
    Bytes.u64(m, 40, lastSequence);
    Bytes.u32(m, 48, segment);
    Bytes.u16(m, 52, pages);
    Bytes.u8(m, 54, stream);
    Bytes.u32(m, CRC, checksum.around(buffer, 0, bytes, CRC));
  }
}
