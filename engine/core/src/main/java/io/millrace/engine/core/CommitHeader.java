package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The head of a commit record: whole pages, followed by one page of data for each entry.
 *
 * <pre>
 *    0 u64 magic "MRCOMMIT"            62 u8  class: 0 user order, 1 relocation
 *    8 u8[16] store uuid               63 u8  stream
 *   24 u64 segment sequence            64 u16 header pages
 *   32 u64 epoch                       66 u16 entries
 *   40 u64 sequence: LSN (class 0)     68 u16 records
 *          or relocation number        70 u16 entry bytes: 32, or 48 in relocations
 *   48 u64 highest durable LSN         72 u32 record bytes
 *   56 u32 virtual segment id          76 u32 data pages
 *   60 u16 page within the segment     80 u32 checksum of the header of LSN − 1 (class 0; first: 0)
 *   84 u32 zero · 88 u64 the store's secret · 96 reserved, zeros
 *  124 u32 CRC32C of the header pages
 *  128 entries, then records
 *
 * entry:  0 u64 layer id
 *         8 u48 block address, then u16 flags (bit 0: damaged when it was moved)
 *        16 u64 birth LSN
 *        24 u32 checksum of the block
 *        28 u8  stored length in sectors (8: plain), u8 codec (0), u16 key (0): reserved room
 *        32 u32 source virtual segment, u16 source slot, u16 zero   } relocations only
 *        40 u64 source segment sequence                             }
 * record: u16 type, u16 length of the body, body; see {@link Records}
 * </pre>
 *
 * <p>User commits carry dense LSNs: recovery applies them in that order and stops at the first gap.
 * Relocations are numbered apart. A record that does not fit the segment, its sequence, its place
 * or the store is stale or misdirected, and not a commit. The secret keeps a page of data, which a
 * guest may fill as it likes, from ever passing as a header.
 */
final class CommitHeader {
  static final long MAGIC = Bytes.magic("MRCOMMIT");
  static final int FIXED_BYTES = 128;
  static final int ENTRY_BYTES = 32;
  static final int RELOCATION_ENTRY_BYTES = 48;
  static final int CLASS_USER = 0;
  static final int CLASS_RELOCATION = 1;
  static final int FLAG_DAMAGED = 1;
  private static final int PREVIOUS_CRC = 80;
  private static final int SECRET = 88;
  private static final int CRC = 124;

  private CommitHeader() {}

  /** The numbers of one commit that stand in front of its entries. */
  record Fields(
      long segmentSequence,
      long epoch,
      long sequence,
      long durableLsn,
      int segment,
      int page,
      int commitClass,
      int stream,
      int headerPages,
      int entries,
      int records,
      int entryBytes,
      int recordBytes,
      int dataPages,
      int previousCrc,
      int crc) {
    int pages() {
      return headerPages + dataPages;
    }

    int recordsAt() {
      return FIXED_BYTES + entries * entryBytes;
    }

    /** Where an entry stands in a buffer that has each page of the segment in its place. */
    int entryAt(int i) {
      return page * Bytes.PAGE + FIXED_BYTES + i * entryBytes;
    }

    /** The page of the segment with the data of an entry. */
    int slot(int i) {
      return page + headerPages + i;
    }
  }

  /**
   * The first pages of a segment as they were read, each in its place.
   *
   * @param sequence of the use of the segment that counts
   */
  record Pages(PageBuffer buffer, int segment, long sequence, int count) {}

  /** Gives the commits that begin there; what is of an earlier use of the segment is left out. */
  static void forEach(Pages pages, Geometry geometry, Checksum checksum, Consumer<Fields> to) {
    int page = 0;
    while (page < pages.count) {
      Fields commit = decode(pages.buffer, page, pages.segment, geometry.usablePages(), checksum);
      if (commit == null || commit.segmentSequence != pages.sequence) {
        page++;
      } else {
        to.accept(commit);
        page += commit.pages();
      }
    }
  }

  static int headerPages(int entries, int entryBytes, int recordBytes) {
    return Bytes.pages(FIXED_BYTES + (long) entries * entryBytes + recordBytes);
  }

  /**
   * Writes the fixed part, which is zero, before entries and records that are in place; returns the
   * checksum.
   */
  static int seal(PageBuffer buffer, int at, Checksum checksum, Batch batch) {
    var m = buffer.memory;
    Bytes.u64(m, at, MAGIC);
    Bytes.uuid(m, at + 8, checksum.store());
    Bytes.u64(m, at + 24, batch.segmentSequence);
    Bytes.u64(m, at + 32, batch.epoch);
    Bytes.u64(m, at + 40, batch.sequence);
    Bytes.u64(m, at + 48, batch.durableLsn);
    Bytes.u32(m, at + 56, batch.segment);
    Bytes.u16(m, at + 60, batch.page);
    Bytes.u8(m, at + 62, batch.relocation ? CLASS_RELOCATION : CLASS_USER);
    Bytes.u8(m, at + 63, batch.stream);
    Bytes.u16(m, at + 64, batch.headerPages);
    Bytes.u16(m, at + 66, batch.count);
    Bytes.u16(m, at + 68, batch.recordCount);
    Bytes.u16(m, at + 70, batch.entryBytes());
    Bytes.u32(m, at + 72, batch.recordBytes);
    Bytes.u32(m, at + 76, batch.count);
    int length = batch.headerPages * Bytes.PAGE;
    Bytes.u32(m, at + PREVIOUS_CRC, batch.relocation ? 0 : batch.previousCrc);
    Bytes.u64(m, at + SECRET, checksum.secret());
    int crc = checksum.around(buffer, at, length, CRC);
    Bytes.u32(m, at + CRC, crc);
    return crc;
  }

  /** Whether the header there carries the secret of that store. */
  static boolean isOf(MemorySegment m, long at, Superblock superblock) {
    return Bytes.u64(m, at + SECRET) == superblock.secret();
  }

  /** Whether it was written when more than the log up to that LSN was durable, or is behind it. */
  static boolean isLater(MemorySegment m, long at, long lsn) {
    boolean user = Bytes.u8(m, at + 62) == CLASS_USER;
    return Bytes.u64(m, at + 48) > lsn || (user && Bytes.u64(m, at + 40) > lsn);
  }

  /**
   * The commit at a page of a segment that was read into {@code buffer}; null when there is none
   * that belongs there.
   */
  static @Nullable Fields decode(
      PageBuffer buffer, int page, int segment, int pagesMax, Checksum checksum) {
    var m = buffer.memory;
    int at = page * Bytes.PAGE;
    if (!looksLikeOne(m, at, segment, page, checksum)) {
      return null;
    }
    int headerPages = Bytes.u16(m, at + 64);
    if (headerPages == 0 || page + headerPages > pagesMax) {
      return null;
    }
    if (Bytes.u32(m, at + CRC) != checksum.around(buffer, at, headerPages * Bytes.PAGE, CRC)) {
      return null;
    }
    Fields fields = fields(buffer, at);
    return sound(fields) && page + fields.pages() <= pagesMax ? fields : null;
  }

  /** Whether a page claims to be a commit of this place, whatever its checksum says. */
  static boolean looksLikeOne(MemorySegment m, long at, int segment, int page, Checksum checksum) {
    return Bytes.u64(m, at) == MAGIC
        && Bytes.sameUuid(m, at + 8, checksum.store())
        && Bytes.u64(m, at + SECRET) == checksum.secret()
        && Bytes.u32(m, at + 56) == segment
        && Bytes.u16(m, at + 60) == page;
  }

  static int headerPages(MemorySegment m, long at) {
    return Bytes.u16(m, at + 64);
  }

  static long segmentSequence(MemorySegment m, long at) {
    return Bytes.u64(m, at + 24);
  }

  /** Whether the counts fit each other: a checksum proves who wrote them, not that it was right. */
  private static boolean sound(Fields f) {
    int entryBytes = f.commitClass == CLASS_RELOCATION ? RELOCATION_ENTRY_BYTES : ENTRY_BYTES;
    return f.commitClass <= CLASS_RELOCATION
        && f.entryBytes == entryBytes
        && f.dataPages == f.entries
        && f.recordBytes >= 0
        && f.recordBytes <= Batch.RECORD_BYTES_MAX
        && f.headerPages == headerPages(f.entries, f.entryBytes, f.recordBytes);
  }

  /** What stands at a byte of the buffer, of which nothing is checked. */
  static Fields fields(PageBuffer buffer, int at) {
    var m = buffer.memory;
    return new Fields(
        Bytes.u64(m, at + 24),
        Bytes.u64(m, at + 32),
        Bytes.u64(m, at + 40),
        Bytes.u64(m, at + 48),
        Bytes.u32(m, at + 56),
        Bytes.u16(m, at + 60),
        Bytes.u8(m, at + 62),
        Bytes.u8(m, at + 63),
        Bytes.u16(m, at + 64),
        Bytes.u16(m, at + 66),
        Bytes.u16(m, at + 68),
        Bytes.u16(m, at + 70),
        Bytes.u32(m, at + 72),
        Bytes.u32(m, at + 76),
        Bytes.u32(m, at + PREVIOUS_CRC),
        Bytes.u32(m, at + CRC));
  }

  static long block(MemorySegment m, long entry) {
    return Bytes.u64(m, entry + 8) & ((1L << 48) - 1);
  }

  static int flags(MemorySegment m, long entry) {
    return Bytes.u16(m, entry + 14);
  }
}
