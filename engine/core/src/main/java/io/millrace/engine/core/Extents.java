package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The answer to an {@link ExtentQuery} in the caller's memory, native byte order.
 *
 * <pre>
 *  0 u64 count of extents
 *  8 for each, one behind the other from the query's offset on: u64 bytes · u64 1: data, or changed; 0: not
 * </pre>
 *
 * <p>Neighbours differ in what they are. Together they may cover less than was asked for, but never
 * nothing.
 */
public final class Extents {
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final int HEADER_BYTES = 8;
  private static final int ENTRY_BYTES = 16;

  private Extents() {}

  /** How many extents there are. */
  public static int count(MemorySegment answer) {
    return (int) answer.get(U64, 0);
  }

  /** How long one is. */
  public static long bytes(MemorySegment answer, int index) {
    return answer.get(U64, at(index));
  }

  /** Whether it has data, or has changed. */
  public static boolean isSet(MemorySegment answer, int index) {
    return answer.get(U64, at(index) + 8) != 0;
  }

  /** How many extents there is room for. */
  public static int room(MemorySegment answer) {
    return (int) Math.min(Integer.MAX_VALUE, (answer.byteSize() - HEADER_BYTES) / ENTRY_BYTES);
  }

  /** Bytes that so many extents take. */
  public static int bytesFor(int count) {
    return HEADER_BYTES + count * ENTRY_BYTES;
  }

  static void clear(MemorySegment answer) {
    answer.set(U64, 0, 0);
  }

  /** Adds to the end; false when there is no room. */
  static boolean add(MemorySegment answer, long bytes, boolean set) {
    int count = count(answer);
    if (count > 0 && isSet(answer, count - 1) == set) {
      answer.set(U64, at(count - 1), bytes(answer, count - 1) + bytes);
      return true;
    }
    if (count == room(answer)) {
      return false;
    }
    answer.set(U64, at(count), bytes);
    answer.set(U64, at(count) + 8, set ? 1 : 0);
    answer.set(U64, 0, count + 1L);
    return true;
  }

  private static long at(int index) {
    return HEADER_BYTES + (long) index * ENTRY_BYTES;
  }
}
