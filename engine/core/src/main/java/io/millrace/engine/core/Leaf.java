package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * The entries of 512 consecutive blocks of one layer, in one cell.
 *
 * <pre>
 *   0 u64[8] presence bitmap
 *  64 12 bytes for each present block, in order of address:
 *     u32 virtual segment (0xffffffff: whiteout) · u16 slot · u16 zero · u32 checksum
 * </pre>
 *
 * <p>The size of the cell follows from the number of entries alone. A leaf may be white elsewhere:
 * then a block that is not present is a whiteout; its handle says so.
 */
final class Leaf {
  static final int BLOCKS = 512;

  /** The handle of a leaf that is all whiteouts and needs no cell. */
  static final int WHITE = 1;

  /** The handle of a leaf that only the checkpoint has. */
  static final int ABSENT = 2;

  /** The bit of a handle whose leaf is white elsewhere. */
  static final int WHITE_ELSEWHERE = 1 << 31;

  static final int ENTRIES = 64;
  static final int ENTRY_BYTES = 12;
  static final int WHITE_SEGMENT = -1;

  private static final int[] CAPACITIES = {
    2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512
  };
  private static final short[] CELL_BYTES = new short[BLOCKS + 1];

  static {
    int step = 0;
    for (int count = 0; count <= BLOCKS; count++) {
      if (count > CAPACITIES[step]) {
        step++;
      }
      CELL_BYTES[count] = (short) (ENTRIES + ENTRY_BYTES * CAPACITIES[step]);
    }
  }

  private Leaf() {}

  /** What is true of a block that the leaf doesn't have. */
  static long elsewhere(int handle) {
    return whiteElsewhere(handle) ? Location.WHITEOUT : Location.NONE;
  }

  static boolean whiteElsewhere(int handle) {
    return handle == WHITE || (handle & WHITE_ELSEWHERE) != 0;
  }

  static int cellBytes(int count) {
    return CELL_BYTES[count];
  }

  static int count(MemorySegment m, long base) {
    int count = 0;
    for (int word = 0; word < 8; word++) {
      count += Long.bitCount(Bytes.u64(m, base + word * 8L));
    }
    return count;
  }

  /** Entries that are whiteouts. */
  static int whiteouts(MemorySegment m, long base) {
    int white = 0;
    int count = count(m, base);
    for (int rank = 0; rank < count; rank++) {
      white += location(m, entry(base, rank)) == Location.WHITEOUT ? 1 : 0;
    }
    return white;
  }

  static boolean has(MemorySegment m, long base, int index) {
    return ((Bytes.u64(m, base + (index >>> 6) * 8L) >>> (index & 63)) & 1) != 0;
  }

  /** How many present entries stand before {@code index}. */
  static int rank(MemorySegment m, long base, int index) {
    int rank = 0;
    int last = index >>> 6;
    for (int word = 0; word < last; word++) {
      rank += Long.bitCount(Bytes.u64(m, base + word * 8L));
    }
    long below = Bytes.u64(m, base + last * 8L) & ((1L << (index & 63)) - 1);
    return rank + Long.bitCount(below);
  }

  static void flip(MemorySegment m, long base, int index) {
    long at = base + (index >>> 6) * 8L;
    Bytes.u64(m, at, Bytes.u64(m, at) ^ (1L << (index & 63)));
  }

  static long entry(long base, int rank) {
    return base + ENTRIES + (long) rank * ENTRY_BYTES;
  }

  static long location(MemorySegment m, long entry) {
    int segment = Bytes.u32(m, entry);
    return segment == WHITE_SEGMENT
        ? Location.WHITEOUT
        : Location.of(segment, Bytes.u16(m, entry + 4));
  }

  static int crc(MemorySegment m, long entry) {
    return Bytes.u32(m, entry + 8);
  }

  static void write(MemorySegment m, long entry, long location, int crc) {
    boolean white = location == Location.WHITEOUT;
    Bytes.u32(m, entry, white ? WHITE_SEGMENT : Location.segment(location));
    Bytes.u16(m, entry + 4, white ? 0 : Location.slot(location));
    Bytes.u16(m, entry + 6, 0);
    Bytes.u32(m, entry + 8, crc);
  }

  /** The first present index at or after {@code from}; {@link #BLOCKS} when there is none. */
  static int next(MemorySegment m, long base, int from) {
    for (int word = from >>> 6; word < 8; word++) {
      long bits = Bytes.u64(m, base + word * 8L);
      if (word == from >>> 6) {
        bits &= -1L << (from & 63);
      }
      if (bits != 0) {
        return word * 64 + Long.numberOfTrailingZeros(bits);
      }
    }
    return BLOCKS;
  }
}
