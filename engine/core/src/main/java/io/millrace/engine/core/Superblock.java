package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Identity and layout of a store; written at format and, with the next epoch, at each opening.
 *
 * <pre>
 *    0 u64 magic "MILLRACE"      56 u64 epoch
 *    8 u32 format version        64 u64 store bytes
 *   12 u32 superblock bytes      72 u32 segment bytes
 *   16 u8[16] store uuid         76 u32 block bytes
 *   32 u64 features: compatible  80 u64 created, Unix milliseconds
 *   40 u64 read-only compatible  88 u64 LSN up to which this opening found the log durable
 *   48 u64 incompatible          96 u64 secret
 *  104 u32 checksum of the header of that LSN's commit (0: none) · 108 u32 zero
 *  112 reserved, zeros (key slots, tier)
 *                              4092 u32 CRC32C of bytes 0..4091
 * </pre>
 *
 * <p>A reader refuses a newer format version or an incompatible feature bit that it doesn't know.
 */
record Superblock(
    UUID uuid,
    long secret,
    long epoch,
    long storeBytes,
    int segmentBytes,
    long createdUnixMillis,
    long recoveredLsn,
    int recoveredCrc) {
  static final long MAGIC = Bytes.magic("MILLRACE");
  static final int VERSION = 1;
  static final long INCOMPATIBLE_KNOWN = 0;
  static final long READ_ONLY_COMPATIBLE_KNOWN = 0;
  private static final int CRC = 4092;

  /** What a page that should be a superblock is. */
  sealed interface Found {
    /** Readable and understood. */
    record Good(Superblock superblock) implements Found {}

    /** Not a superblock, or torn. */
    record Absent() implements Found {}

    /** A superblock that this program must not touch. */
    record Refused(String reason) implements Found {}
  }

  Checksum checksum() {
    return new Checksum(uuid, secret);
  }

  /** Of the next opening, which found the log whole up to this LSN. */
  Superblock opened(long nextEpoch, long lsn, int crc) {
    return new Superblock(
        uuid, secret, nextEpoch, storeBytes, segmentBytes, createdUnixMillis, lsn, crc);
  }

  Geometry geometry() {
    return Geometry.of(storeBytes, segmentBytes);
  }

  void encode(PageBuffer page) {
    var m = page.memory;
    m.asSlice(0, Bytes.PAGE).fill((byte) 0);
    Bytes.u64(m, 0, MAGIC);
    Bytes.u32(m, 8, VERSION);
    Bytes.u32(m, 12, Bytes.PAGE);
    Bytes.uuid(m, 16, uuid);
    Bytes.u64(m, 56, epoch);
    Bytes.u64(m, 64, storeBytes);
    Bytes.u32(m, 72, segmentBytes);
    Bytes.u32(m, 76, Bytes.PAGE);
    Bytes.u64(m, 80, createdUnixMillis);
    Bytes.u64(m, 88, recoveredLsn);
    Bytes.u64(m, 96, secret);
    Bytes.u32(m, 104, recoveredCrc);
    Bytes.u32(m, CRC, new Checksum(new UUID(0, 0), 0).plain(page, 0, CRC));
  }

  static Found decode(PageBuffer page) {
    var m = page.memory;
    if (Bytes.u64(m, 0) != MAGIC
        || Bytes.u32(m, CRC) != new Checksum(new UUID(0, 0), 0).plain(page, 0, CRC)) {
      return new Found.Absent();
    }
    if (Bytes.u32(m, 8) > VERSION) {
      return new Found.Refused(
          "format version %d is newer than %d: upgrade the engine"
              .formatted(Bytes.u32(m, 8), VERSION));
    }
    long unknown =
        (Bytes.u64(m, 48) & ~INCOMPATIBLE_KNOWN) | (Bytes.u64(m, 40) & ~READ_ONLY_COMPATIBLE_KNOWN);
    if (unknown != 0) {
      return new Found.Refused("unknown feature bits 0x%x: upgrade the engine".formatted(unknown));
    }
    Found.@Nullable Refused bad = badGeometry(m);
    return bad != null
        ? bad
        : new Found.Good(
            new Superblock(
                Bytes.uuid(m, 16),
                Bytes.u64(m, 96),
                Bytes.u64(m, 56),
                Bytes.u64(m, 64),
                Bytes.u32(m, 72),
                Bytes.u64(m, 80),
                Bytes.u64(m, 88),
                Bytes.u32(m, 104)));
  }

  private static Found.@Nullable Refused badGeometry(MemorySegment m) {
    int segmentBytes = Bytes.u32(m, 72);
    boolean good =
        Integer.bitCount(segmentBytes) == 1
            && segmentBytes >= Geometry.SEGMENT_BYTES_MIN
            && segmentBytes <= Geometry.SEGMENT_BYTES_MAX
            && Bytes.u32(m, 76) == Bytes.PAGE
            && Bytes.u64(m, 64) / segmentBytes >= Geometry.SEGMENTS_MIN;
    return good
        ? null
        : new Found.Refused(
            "segments of %d bytes in a store of %d make no sense"
                .formatted(segmentBytes, Bytes.u64(m, 64)));
  }
}
