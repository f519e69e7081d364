package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * The changes to the catalog, and zeroed ranges, as they stand behind the entries of a commit.
 *
 * <pre>
 * record: u16 type, u16 bytes of the body, body (all u64 unless said otherwise; 0: none)
 *  1 volume created    volume, layer, parent layer, size, created, source snapshot, source volume,
 *                      u16 bytes of the name, name in UTF-8, then flags and limits, each if it
 *                      or what follows is not 0
 *  2 volume deleted    volume, layer
 *  3 volume resized    volume, size
 *  4 snapshot created  snapshot, volume, layer, size, created, u16 bytes of the name, name
 *  5 snapshot deleted  snapshot, layer
 *  6 volume forked     volume, layer that is frozen, new top layer on it
 *  7 zeroed            layer, first block, blocks
 *  8 volume changed    volume, flags, then limits if they are not 0
 *
 * flags:  bit 0: a write is acknowledged when it is durable
 * limits: u64 requests a second, u64 bytes a second, u32 burst in seconds, u32 weight
 * </pre>
 */
sealed interface Records {
  int TYPE_ZEROED = 7;
  int HEADER_BYTES = 4;
  int ZEROED_BYTES = HEADER_BYTES + 24;
  int NAME_BYTES_MAX = 255;
  long FLAG_DURABLE = 1;
  int LIMITS_BYTES = 24;

  record VolumeCreated(
      long volumeId,
      long layerId,
      long parentLayerId,
      long sizeBytes,
      long createdUnixMillis,
      long sourceSnapshotId,
      long sourceVolumeId,
      String name,
      long flags,
      Limits limits)
      implements Records {}

  record VolumeDeleted(long volumeId, long layerId) implements Records {}

  record VolumeResized(long volumeId, long sizeBytes) implements Records {}

  record VolumeChanged(long volumeId, long flags, Limits limits) implements Records {}

  record SnapshotCreated(
      long snapshotId,
      long volumeId,
      long layerId,
      long sizeBytes,
      long createdUnixMillis,
      String name)
      implements Records {}

  record SnapshotDeleted(long snapshotId, long layerId) implements Records {}

  record VolumeForked(long volumeId, long frozenLayerId, long topLayerId) implements Records {}

  /** Appends a record at {@code at} and returns the end. */
  static int encode(Records record, MemorySegment m, int at) {
    int body = at + HEADER_BYTES;
    int end =
        switch (record) {
          case VolumeCreated r ->
              attributes(
                  m,
                  name(
                      m,
                      longs(
                          m,
                          body,
                          r.volumeId,
                          r.layerId,
                          r.parentLayerId,
                          r.sizeBytes,
                          r.createdUnixMillis,
                          r.sourceSnapshotId,
                          r.sourceVolumeId),
                      r.name),
                  r.flags,
                  r.limits);
          case VolumeDeleted r -> longs(m, body, r.volumeId, r.layerId);
          case VolumeResized r -> longs(m, body, r.volumeId, r.sizeBytes);
          case VolumeChanged r -> limits(m, longs(m, body, r.volumeId, r.flags), r.limits);
          case SnapshotCreated r ->
              name(
                  m,
                  longs(
                      m,
                      body,
                      r.snapshotId,
                      r.volumeId,
                      r.layerId,
                      r.sizeBytes,
                      r.createdUnixMillis),
                  r.name);
          case SnapshotDeleted r -> longs(m, body, r.snapshotId, r.layerId);
          case VolumeForked r -> longs(m, body, r.volumeId, r.frozenLayerId, r.topLayerId);
        };
    return header(m, at, type(record), end);
  }

  /** Appends a zeroed range without making an object. */
  static int encodeZeroed(MemorySegment m, int at, long layerId, long block, long blocks) {
    int body = at + HEADER_BYTES;
    Bytes.u64(m, body, layerId);
    Bytes.u64(m, body + 8, block);
    Bytes.u64(m, body + 16, blocks);
    return header(m, at, TYPE_ZEROED, body + 24);
  }

  static int type(MemorySegment m, int at) {
    return Bytes.u16(m, at);
  }

  /** Where the next record begins. */
  static int next(MemorySegment m, int at) {
    return at + HEADER_BYTES + Bytes.u16(m, at + 2);
  }

  /** Whether there is a record, as long as its type must be, that ends at {@code end} or before. */
  static boolean fits(MemorySegment m, long at, long end) {
    if (at + HEADER_BYTES > end || at + HEADER_BYTES + Bytes.u16(m, at + 2) > end) {
      return false;
    }
    int body = Bytes.u16(m, at + 2);
    return switch (Bytes.u16(m, at)) {
      case 1 -> fitsWithName(m, at, body, 7);
      case 4 -> fitsWithName(m, at, body, 5);
      case 2, 3, 5, 8 -> body >= 16;
      case 6, TYPE_ZEROED, Chunk.TYPE_LAYER, Chunk.TYPE_MERGED -> body >= 24;
      default -> false;
    };
  }

  private static boolean fitsWithName(MemorySegment m, long at, int body, int numbers) {
    int name = numbers * 8 + 2;
    return body >= name && body >= name + Bytes.u16(m, at + HEADER_BYTES + name - 2);
  }

  /** The {@code i}th number of the body. */
  static long number(MemorySegment m, int at, int i) {
    return Bytes.u64(m, at + HEADER_BYTES + i * 8L);
  }

  /** The record at {@code at}, which is not a zeroed range. */
  static Records decode(MemorySegment m, int at) {
    return switch (type(m, at)) {
      case 1 ->
          new VolumeCreated(
              number(m, at, 0),
              number(m, at, 1),
              number(m, at, 2),
              number(m, at, 3),
              number(m, at, 4),
              number(m, at, 5),
              number(m, at, 6),
              name(m, at, 7),
              flags(m, at),
              limits(m, at, flagsAt(m, at) + 8));
      case 2 -> new VolumeDeleted(number(m, at, 0), number(m, at, 1));
      case 3 -> new VolumeResized(number(m, at, 0), number(m, at, 1));
      case 4 ->
          new SnapshotCreated(
              number(m, at, 0),
              number(m, at, 1),
              number(m, at, 2),
              number(m, at, 3),
              number(m, at, 4),
              name(m, at, 5));
      case 5 -> new SnapshotDeleted(number(m, at, 0), number(m, at, 1));
      case 6 -> new VolumeForked(number(m, at, 0), number(m, at, 1), number(m, at, 2));
      case 8 ->
          new VolumeChanged(
              number(m, at, 0), number(m, at, 1), limits(m, at, at + HEADER_BYTES + 16));
      default -> throw new IllegalStateException("record type " + type(m, at));
    };
  }

  private static int type(Records record) {
    return switch (record) {
      case VolumeCreated _ -> 1;
      case VolumeDeleted _ -> 2;
      case VolumeResized _ -> 3;
      case SnapshotCreated _ -> 4;
      case SnapshotDeleted _ -> 5;
      case VolumeForked _ -> 6;
      case VolumeChanged _ -> 8;
    };
  }

  private static int header(MemorySegment m, int at, int type, int end) {
    Bytes.u16(m, at, type);
    Bytes.u16(m, at + 2, end - at - HEADER_BYTES);
    return end;
  }

  private static int longs(MemorySegment m, int at, long... values) {
    for (long value : values) {
      Bytes.u64(m, at, value);
      at += 8;
    }
    return at;
  }

  private static int name(MemorySegment m, int at, String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    Bytes.u16(m, at, utf8.length);
    MemorySegment.copy(MemorySegment.ofArray(utf8), 0, m, at + 2, utf8.length);
    return at + 2 + utf8.length;
  }

  /** Left out when there are none, as by versions that know of none. */
  private static int attributes(MemorySegment m, int at, long flags, Limits limits) {
    boolean none = flags == 0 && limits.equals(Limits.NONE);
    return none ? at : limits(m, longs(m, at, flags), limits);
  }

  private static int limits(MemorySegment m, int at, Limits limits) {
    if (limits.equals(Limits.NONE)) {
      return at;
    }
    Bytes.u64(m, at, limits.iops());
    Bytes.u64(m, at + 8, limits.bytesPerSecond());
    Bytes.u32(m, at + 16, limits.burstSeconds());
    Bytes.u32(m, at + 20, limits.weight());
    return at + LIMITS_BYTES;
  }

  /** Behind the name of a volume. */
  private static int flagsAt(MemorySegment m, int at) {
    int name = at + HEADER_BYTES + 7 * 8;
    return name + 2 + Bytes.u16(m, name);
  }

  private static long flags(MemorySegment m, int at) {
    int flags = flagsAt(m, at);
    return flags + 8 <= next(m, at) ? Bytes.u64(m, flags) : 0;
  }

  /** What the record at {@code at} has there, if it is that long. */
  private static Limits limits(MemorySegment m, int at, int there) {
    return there + LIMITS_BYTES > next(m, at)
        ? Limits.NONE
        : new Limits(
            Bytes.u64(m, there),
            Bytes.u64(m, there + 8),
            Bytes.u32(m, there + 16),
            Bytes.u32(m, there + 20));
  }

  private static String name(MemorySegment m, int at, int after) {
    long field = at + HEADER_BYTES + after * 8L;
    byte[] utf8 = new byte[Bytes.u16(m, field)];
    MemorySegment.copy(m, field + 2, MemorySegment.ofArray(utf8), 0, utf8.length);
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
