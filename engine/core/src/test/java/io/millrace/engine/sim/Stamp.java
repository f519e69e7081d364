package io.millrace.engine.sim;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * What the simulation writes into each 512-byte sector, so that a wrong read names its origin and a
 * sector of two halves is seen.
 *
 * <pre>
 *   0  magic   8  volume   16  sector   24  operation   32..511  a word derived from all three, again and again
 * </pre>
 */
final class Stamp {
  static final int SECTOR_BYTES = 512;

  /** What {@link #operation} returns for a sector of zeroes. */
  static final long ZEROES = 0;

  /** What {@link #operation} returns for a sector that no operation wrote like this. */
  static final long GARBAGE = -1;

  private static final long MAGIC = 0x53544D5053494D31L;
  private static final long STRIDE = 0x9E3779B97F4A7C15L;
  private static final int WORDS = 32;

  private Stamp() {}

  static void write(MemorySegment into, long at, long volume, long sector, long operation) {
    into.set(JAVA_LONG_UNALIGNED, at, MAGIC);
    into.set(JAVA_LONG_UNALIGNED, at + 8, volume);
    into.set(JAVA_LONG_UNALIGNED, at + 16, sector);
    into.set(JAVA_LONG_UNALIGNED, at + 24, operation);
    long word = seed(volume, sector, operation);
    for (int i = WORDS; i < SECTOR_BYTES; i += 8) {
      into.set(JAVA_LONG_UNALIGNED, at + i, word);
    }
  }

  /** The operation that wrote this sector here, {@link #ZEROES} or {@link #GARBAGE}. */
  static long operation(MemorySegment from, long at, long sector) {
    if (from.get(JAVA_LONG_UNALIGNED, at) != MAGIC) {
      return isZero(from, at) ? ZEROES : GARBAGE;
    }
    long operation = from.get(JAVA_LONG_UNALIGNED, at + 24);
    if (from.get(JAVA_LONG_UNALIGNED, at + 16) != sector) {
      return GARBAGE;
    }
    long word = seed(from.get(JAVA_LONG_UNALIGNED, at + 8), sector, operation);
    return isAll(word, from, at + WORDS, at + SECTOR_BYTES) ? operation : GARBAGE;
  }

  /** For messages. */
  static String describe(MemorySegment from, long at) {
    if (from.get(JAVA_LONG_UNALIGNED, at) != MAGIC) {
      return isZero(from, at)
          ? "zeroes"
          : "garbage starting with " + Long.toHexString(from.get(JAVA_LONG_UNALIGNED, at));
    }
    return "stamp of volume %d sector %d operation %d"
        .formatted(
            from.get(JAVA_LONG_UNALIGNED, at + 8),
            from.get(JAVA_LONG_UNALIGNED, at + 16),
            from.get(JAVA_LONG_UNALIGNED, at + 24));
  }

  private static boolean isZero(MemorySegment from, long at) {
    return isAll(0, from, at, at + SECTOR_BYTES);
  }

  /** Compares the range with itself, a word later: the JDK does that many words at a time. */
  private static boolean isAll(long word, MemorySegment from, long at, long end) {
    return from.get(JAVA_LONG_UNALIGNED, at) == word
        && MemorySegment.mismatch(from, at, end - 8, from, at + 8, end) < 0;
  }

  private static long seed(long volume, long sector, long operation) {
    return Dice.mix(volume * 0x100000001B3L + sector * 31 + operation * STRIDE);
  }
}
