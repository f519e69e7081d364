package io.millrace.engine.core;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;

/** Little-endian fields at any address, and the sizes that everything is counted in. */
final class Bytes {
  /** The block and page: the unit of the map, of the log and of direct I/O. */
  static final int PAGE = 4096;

  /** The smallest unit of a request. */
  static final int SECTOR = 512;

  private static final ValueLayout.OfShort U16 =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong BIG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private Bytes() {}

  static int u8(MemorySegment m, long at) {
    return m.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  static void u8(MemorySegment m, long at, int value) {
    m.set(ValueLayout.JAVA_BYTE, at, (byte) value);
  }

  static int u16(MemorySegment m, long at) {
    return m.get(U16, at) & 0xffff;
  }

  static void u16(MemorySegment m, long at, int value) {
    m.set(U16, at, (short) value);
  }

  static int u32(MemorySegment m, long at) {
    return m.get(U32, at);
  }

  static void u32(MemorySegment m, long at, int value) {
    m.set(U32, at, value);
  }

  static long u64(MemorySegment m, long at) {
    return m.get(U64, at);
  }

  static void u64(MemorySegment m, long at, long value) {
    m.set(U64, at, value);
  }

  /** A UUID's 16 bytes in the order in which people write them. */
  static UUID uuid(MemorySegment m, long at) {
    return new UUID(m.get(BIG, at), m.get(BIG, at + 8));
  }

  static void uuid(MemorySegment m, long at, UUID value) {
    m.set(BIG, at, value.getMostSignificantBits());
    m.set(BIG, at + 8, value.getLeastSignificantBits());
  }

  static boolean sameUuid(MemorySegment m, long at, UUID value) {
    return m.get(BIG, at) == value.getMostSignificantBits()
        && m.get(BIG, at + 8) == value.getLeastSignificantBits();
  }

  /** Eight ASCII characters as the number that shows them in a dump. */
  static long magic(String eight) {
    long value = 0;
    for (int i = 7; i >= 0; i--) {
      value = (value << 8) | eight.charAt(i);
    }
    return value;
  }

  static int pages(long bytes) {
    return Math.toIntExact((bytes + PAGE - 1) / PAGE);
  }
}
