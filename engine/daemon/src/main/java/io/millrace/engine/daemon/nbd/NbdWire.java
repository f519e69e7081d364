package io.millrace.engine.daemon.nbd;

import io.millrace.engine.core.Extents;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The bytes of NBD's transmission phase (the protocol's doc/proto.md), big-endian; nothing here is
 * stored.
 *
 * <pre>
 * request           | magic u32 | flags u16 | type u16 | cookie u64 | offset u64 | length u32 |   28 bytes
 * extended request  | magic u32 | flags u16 | type u16 | cookie u64 | offset u64 | length u64 |   32 bytes
 *                   then the data of a WRITE
 * simple reply      | magic u32 | error u32 | cookie u64 |   16 bytes, then the data of a READ
 * structured chunk  | magic u32 | flags u16 | type u16 | cookie u64 | length u32 |                20 bytes
 * extended chunk    | magic u32 | flags u16 | type u16 | cookie u64 | offset u64 | length u64 |   32 bytes
 *                   then by type
 *   NONE             nothing
 *   OFFSET_DATA      | offset u64 | data |
 *   BLOCK_STATUS     | context u32 | for each extent: length u32 · flags u32 |
 *   BLOCK_STATUS_EXT | context u32 | count u32 | for each extent: length u64 · flags u64 |
 *   ERROR            | error u32 | message length u16 (0) |
 * </pre>
 *
 * <p>For one connection, on its memory. No method makes an object. Those that write return how many
 * bytes.
 */
final class NbdWire {
  static final int READ = 0;
  static final int WRITE = 1;
  static final int DISCONNECT = 2;
  static final int FLUSH = 3;
  static final int TRIM = 4;
  static final int CACHE = 5;
  static final int WRITE_ZEROES = 6;
  static final int BLOCK_STATUS = 7;

  static final int FLAG_FUA = 1;
  static final int FLAG_NO_HOLE = 1 << 1;
  static final int FLAG_DONT_FRAGMENT = 1 << 2;
  static final int FLAG_REQUEST_ONE = 1 << 3;
  static final int FLAG_FAST_ZERO = 1 << 4;
  static final int FLAG_PAYLOAD_LENGTH = 1 << 5;

  /** Of a READ or a WRITE. */
  static final int IO_BYTES_MAX = 1 << 20;

  /** Of any reply but its data. */
  static final int HEADER_BYTES_MAX = 40;

  static final int EXTENTS_MAX = 1000;

  /** A chunk with so many extents in the larger form. */
  static final int EXTENTS_BYTES_MAX = 32 + 8 + 16 * EXTENTS_MAX;

  private static final int REQUEST_MAGIC = 0x25609513;
  private static final int EXTENDED_REQUEST_MAGIC = 0x21e41c71;
  private static final int SIMPLE_MAGIC = 0x67446698;
  private static final int CHUNK_MAGIC = 0x668e33ef;
  private static final int EXTENDED_CHUNK_MAGIC = 0x6e8a278c;

  private static final int CHUNK_DONE = 1;
  private static final int TYPE_NONE = 0;
  private static final int TYPE_OFFSET_DATA = 1;
  private static final int TYPE_BLOCK_STATUS = 5;
  private static final int TYPE_BLOCK_STATUS_EXT = 6;
  private static final int TYPE_ERROR = 1 << 15 | 1;
  private static final int ERROR_BYTES = 6;

  /** Of base:allocation: a hole that reads as zeros. Otherwise: data. */
  private static final int HOLE_AND_ZERO = 3;

  /** Of a bitmap of changes. */
  private static final int DIRTY = 1;

  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final MemorySegment m;
  private final ReplyStyle style;

  NbdWire(MemorySegment memory, ReplyStyle style) {
    m = memory;
    this.style = style;
  }

  /** Whether a request of this type changes data. */
  static boolean changes(int type) {
    return type == WRITE || type == TRIM || type == WRITE_ZEROES;
  }

  /** Whether a request of this type counts for the volume's limits. */
  static boolean isLimited(int type) {
    return changes(type) || type == READ || type == CACHE;
  }

  // Requests.

  int requestBytes() {
    return style == ReplyStyle.EXTENDED ? 32 : 28;
  }

  boolean isRequest(long at) {
    int magic = style == ReplyStyle.EXTENDED ? EXTENDED_REQUEST_MAGIC : REQUEST_MAGIC;
    return m.get(U32, at) == magic;
  }

  int flags(long at) {
    return m.get(U16, at + 4) & 0xffff;
  }

  int type(long at) {
    return m.get(U16, at + 6) & 0xffff;
  }

  long cookie(long at) {
    return m.get(U64, at + 8);
  }

  long offset(long at) {
    return m.get(U64, at + 16);
  }

  long length(long at) {
    return style == ReplyStyle.EXTENDED
        ? m.get(U64, at + 24)
        : Integer.toUnsignedLong(m.get(U32, at + 24));
  }

  // Replies.

  /** The end of a request without data: well (0) or not. */
  int end(long at, int type, int error, long cookie, long offset) {
    boolean chunked = type == READ || type == BLOCK_STATUS;
    if (style == ReplyStyle.SIMPLE || (style == ReplyStyle.STRUCTURED && !chunked)) {
      return simple(at, error, cookie);
    }
    if (error == 0) {
      return chunk(at, CHUNK_DONE, TYPE_NONE, cookie, offset, 0);
    }
    int header = chunk(at, CHUNK_DONE, TYPE_ERROR, cookie, offset, ERROR_BYTES);
    m.set(U32, at + header, error);
    m.set(U16, at + header + 4, (short) 0);
    return header + ERROR_BYTES;
  }

  /** What stands in front of the data of a READ. */
  int readHeader(long at, long cookie, long offset, int dataBytes) {
    if (style == ReplyStyle.SIMPLE) {
      return simple(at, 0, cookie);
    }
    int header = chunk(at, CHUNK_DONE, TYPE_OFFSET_DATA, cookie, offset, 8 + dataBytes);
    m.set(U64, at + header, offset);
    return header + 8;
  }

  /**
   * The extents of one context, no more than {@link #EXTENTS_MAX}; how many bytes.
   *
   * @param last no other context follows
   */
  int extents(
      long at,
      Terms.Context context,
      boolean last,
      long cookie,
      long offset,
      MemorySegment extents) {
    boolean wide = style == ReplyStyle.EXTENDED;
    int count = Extents.count(extents);
    int payload = wide ? 8 + 16 * count : 4 + 8 * count;
    int type = wide ? TYPE_BLOCK_STATUS_EXT : TYPE_BLOCK_STATUS;
    int header = chunk(at, last ? CHUNK_DONE : 0, type, cookie, offset, payload);
    long to = at + header;
    m.set(U32, to, context.id());
    to += 4;
    if (wide) {
      m.set(U32, to, count);
      to += 4;
    }
    for (int i = 0; i < count; i++) {
      boolean set = Extents.isSet(extents, i);
      int flags = context.sinceSnapshotId() == 0 ? (set ? 0 : HOLE_AND_ZERO) : (set ? DIRTY : 0);
      to += extent(to, wide, Extents.bytes(extents, i), flags);
    }
    return header + payload;
  }

  private int extent(long at, boolean wide, long bytes, int flags) {
    if (wide) {
      m.set(U64, at, bytes);
      m.set(U64, at + 8, flags);
      return 16;
    }
    m.set(U32, at, (int) bytes);
    m.set(U32, at + 4, flags);
    return 8;
  }

  private int simple(long at, int error, long cookie) {
    m.set(U32, at, SIMPLE_MAGIC);
    m.set(U32, at + 4, error);
    m.set(U64, at + 8, cookie);
    return 16;
  }

  private int chunk(long at, int flags, int type, long cookie, long offset, int payloadBytes) {
    boolean extended = style == ReplyStyle.EXTENDED;
    m.set(U32, at, extended ? EXTENDED_CHUNK_MAGIC : CHUNK_MAGIC);
    m.set(U16, at + 4, (short) flags);
    m.set(U16, at + 6, (short) type);
    m.set(U64, at + 8, cookie);
    if (!extended) {
      m.set(U32, at + 16, payloadBytes);
      return 20;
    }
    m.set(U64, at + 16, offset);
    m.set(U64, at + 24, payloadBytes);
    return 32;
  }
}
