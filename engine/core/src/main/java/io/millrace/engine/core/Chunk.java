package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * A self-describing piece of a checkpoint: a header and items of one kind, in whole pages.
 *
 * <pre>
 *    0 u64 magic "MRCHUNK1"       40 u32 kind      52 u32 virtual segment id
 *    8 u8[16] store uuid          44 u32 items     56 u16 page · 58 u16 pages
 *   24 u64 checkpoint number      48 u32 bytes     60 u32 CRC32C of the pages
 *   32 u64 layer id (kind MAP)    64 items
 *
 * DIRECTORY  references: u32 virtual segment, u16 page, u16 pages, u32 kind, u32 zero
 * CATALOG    records: u16 type, u16 bytes of the body, body
 *            1, 4 as in {@link Records} (1: layer is the top; parent layer is 0)
 *            16 layer: id, parent id, flags (bit 0: frozen) · 17 merged layer: id, owner's id
 * SEGMENTS   u32 id, u8 state, u8 stream, u16 used pages, u64 sequence, u64 LSN when sealed,
 *            u64 zero (room for a tier)
 * RESERVE    u32 segment ids in the order of use
 * MAP        leaves: u64 index, u16 entries (65535: all whiteouts), u16[3] zero, then the leaf's
 *            bitmap and entries as in {@link Leaf}
 * </pre>
 *
 * <p>A directory may refer to chunks of an older checkpoint, so that only changed maps need to be
 * written.
 */
final class Chunk {
  static final long MAGIC = Bytes.magic("MRCHUNK1");
  static final int HEADER_BYTES = 64;
  static final int REFERENCE_BYTES = 16;
  static final int SEGMENT_BYTES = 32;
  static final int LEAF_HEADER_BYTES = 16;
  static final int WHITE_LEAF = 65535;

  static final int DIRECTORY = 1;
  static final int CATALOG = 2;
  static final int SEGMENTS = 3;
  static final int RESERVE = 4;
  static final int MAP = 5;

  static final int TYPE_LAYER = 16;
  static final int TYPE_MERGED = 17;

  private static final int CRC = 60;

  private Chunk() {}

  /** A reference in memory: segment, page and number of pages. */
  static long reference(int segment, int page, int pages) {
    return ((long) segment << 32) | ((long) page << 16) | pages;
  }

  static int segment(long reference) {
    return (int) (reference >>> 32);
  }

  static int page(long reference) {
    return (int) (reference >>> 16) & 0xffff;
  }

  static int pages(long reference) {
    return (int) reference & 0xffff;
  }

  static void putReference(MemorySegment m, long at, long reference, int kind) {
    Bytes.u32(m, at, segment(reference));
    Bytes.u16(m, at + 4, page(reference));
    Bytes.u16(m, at + 6, pages(reference));
    Bytes.u32(m, at + 8, kind);
    Bytes.u32(m, at + 12, 0);
  }

  static long reference(MemorySegment m, long at) {
    return reference(Bytes.u32(m, at), Bytes.u16(m, at + 4), Bytes.u16(m, at + 6));
  }

  static int kindOf(MemorySegment m, long at) {
    return Bytes.u32(m, at + 8);
  }

  static void seal(
      PageBuffer b,
      UUID store,
      Checksum checksum,
      long number,
      int kind,
      long layerId,
      int items,
      int bytes,
      long reference) {
    var m = b.memory;
    m.asSlice(0, HEADER_BYTES).fill((byte) 0);
    int length = pages(reference) * Bytes.PAGE;
    m.asSlice(HEADER_BYTES + (long) bytes, length - HEADER_BYTES - bytes).fill((byte) 0);
    Bytes.u64(m, 0, MAGIC);
    Bytes.uuid(m, 8, store);
    Bytes.u64(m, 24, number);
    Bytes.u64(m, 32, layerId);
    Bytes.u32(m, 40, kind);
    Bytes.u32(m, 44, items);
    Bytes.u32(m, 48, bytes);
    Bytes.u32(m, 52, segment(reference));
    Bytes.u16(m, 56, page(reference));
    Bytes.u16(m, 58, pages(reference));
    Bytes.u32(m, CRC, checksum.around(b, 0, length, CRC));
  }

  /** Whether the buffer holds the chunk that belongs to this place. */
  static boolean good(PageBuffer b, UUID store, Checksum checksum, long reference) {
    var m = b.memory;
    int length = pages(reference) * Bytes.PAGE;
    return Bytes.u64(m, 0) == MAGIC
        && Bytes.sameUuid(m, 8, store)
        && Bytes.u32(m, 52) == segment(reference)
        && Bytes.u16(m, 56) == page(reference)
        && Bytes.u32(m, CRC) == checksum.around(b, 0, length, CRC);
  }

  static int kind(PageBuffer b) {
    return Bytes.u32(b.memory, 40);
  }

  static long layerId(PageBuffer b) {
    return Bytes.u64(b.memory, 32);
  }

  static int items(PageBuffer b) {
    return Bytes.u32(b.memory, 44);
  }
}
