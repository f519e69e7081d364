package io.millrace.engine.core;

import java.util.ArrayList;
import java.util.List;

/**
 * A self-describing piece of a checkpoint: a header and items of one kind, in whole pages.
 *
 * <pre>
 *    0 u64 magic "MRCHUNK1"       40 u32 kind      52 u32 virtual segment id
 *    8 u8[16] store uuid          44 u32 items     56 u16 page · 58 u16 pages
 *   24 u64 checkpoint number      48 u32 bytes     60 u32 CRC32C of the pages
 *   32 u64 zero                   64 items
 *
 * 1 DIRECTORY  references as in {@link ChunkReference}
 * 2 CATALOG    records: u16 type, u16 bytes of the body, body
 *              1, 4 as in {@link Records} (1: layer is the top; parent layer is 0)
 *              16 layer: id, parent id, flags (bit 0: frozen; bit 1: its blocks are being freed)
 *              17 merged layer: id, owner's id, sequence: only segments below it name the layer
 * 3 SEGMENTS   u32 id, u8 state (1: open, 2: sealed), u8 stream, u16 used pages, u64 sequence,
 *              u64 LSN when sealed, u64 zero (room for a tier)
 * 4 RESERVE    u32 segment ids in the order of use
 * 5 MAP        leaves: u64 layer id, u64 index, u16 entries (65535: all whiteouts, and nothing
 *              follows), u16 flags (bit 0: a block that is not present is a whiteout), u32 zero, then
 *              the leaf's bitmap and entries as in {@link Leaf}
 * 6 LIVE       u32 segment, u32 live slots, u64 segment sequence, one bit for each page of a segment in
 *              whole u64; or
 *              u32 0xffffffff, u32 flags (bit 0: all of the leaf, and no bitmap follows), u64 layer id,
 *              u64 index, u64[8] the whiteouts of the leaf
 * 7 INDEX      the leaves of the chunks of kind 5, in their order, by runs of one layer:
 *              u64 layer id, u32 leaves, u32 leaves that are all whiteouts, u32 entries with data, u32
 *              whiteouts, u32 flags (bit 0: the next chunk begins; bit 1: there are whiteouts), u32 zero,
 *              then for each leaf u32 index
 * </pre>
 *
 * <p>In this order. In the catalog layers come first, each after its parent; leaves ascend by layer
 * and index.
 *
 * <p>A directory may refer to chunks of an older checkpoint, so that only changed maps need to be
 * written.
 */
final class Chunk {
  static final long MAGIC = Bytes.magic("MRCHUNK1");
  static final int HEADER_BYTES = 64;
  static final int SEGMENT_BYTES = 32;
  static final int LEAF_HEADER_BYTES = 24;
  static final int WHITE_LEAF = 65535;
  static final int FLAG_WHITE_ELSEWHERE = 1;
  static final int FLAG_FROZEN = 1;
  static final int FLAG_DYING = 2;

  static final int DIRECTORY = 1;
  static final int CATALOG = 2;
  static final int SEGMENTS = 3;
  static final int RESERVE = 4;
  static final int MAP = 5;

  static final int LIVE = 6;
  static final int INDEX = 7;

  static final int TYPE_LAYER = 16;
  static final int TYPE_MERGED = 17;

  static final int CRC = 60;

  private Chunk() {}

  /** What stands in the header besides place and checksum. */
  record Title(long number, int kind, int items, int bytes) {}

  /** Writes the header in front of items that are in place, for a place on the disk. */
  static ChunkReference seal(PageBuffer b, Checksum checksum, Title title, int segment, int page) {
    var m = b.memory;
    int pages = Bytes.pages(HEADER_BYTES + (long) title.bytes());
    int length = pages * Bytes.PAGE;
    m.asSlice(0, HEADER_BYTES).fill((byte) 0);
    long end = HEADER_BYTES + (long) title.bytes();
    m.asSlice(end, length - end).fill((byte) 0);
    Bytes.u64(m, 0, MAGIC);
    Bytes.uuid(m, 8, checksum.store());
    Bytes.u64(m, 24, title.number());
    Bytes.u32(m, 40, title.kind());
    Bytes.u32(m, 44, title.items());
    Bytes.u32(m, 48, title.bytes());
    Bytes.u32(m, 52, segment);
    Bytes.u16(m, 56, page);
    Bytes.u16(m, 58, pages);
    int crc = checksum.around(b, 0, length, CRC);
    Bytes.u32(m, CRC, crc);
    return new ChunkReference(segment, page, pages, title.kind(), crc);
  }

  /** Whether the buffer holds the chunk that is meant. */
  static boolean good(PageBuffer b, Checksum checksum, ChunkReference reference) {
    var m = b.memory;
    int length = reference.pages() * Bytes.PAGE;
    return Bytes.u64(m, 0) == MAGIC
        && Bytes.sameUuid(m, 8, checksum.store())
        && Bytes.u32(m, CRC) == reference.crc()
        && kind(b) == reference.kind()
        && reference.crc() == checksum.around(b, 0, length, CRC);
  }

  /** What a directory refers to. */
  static List<ChunkReference> references(PageBuffer b) {
    List<ChunkReference> references = new ArrayList<>();
    for (int i = 0; i < items(b); i++) {
      references.add(ChunkReference.read(b.memory, HEADER_BYTES + (long) i * ChunkReference.BYTES));
    }
    return references;
  }

  static int kind(PageBuffer b) {
    return Bytes.u32(b.memory, 40);
  }

  /** Of the items. */
  static int bytes(PageBuffer b) {
    return Bytes.u32(b.memory, 48);
  }

  static int items(PageBuffer b) {
    return Bytes.u32(b.memory, 44);
  }
}
