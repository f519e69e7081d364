package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A slab allocator of small off-heap cells, named by 31-bit handles.
 *
 * <p>A slab holds cells of one size; when its last cell is freed it may be given to another size,
 * so that cells that grow in lockstep don't leave their former sizes behind. A handle counts units
 * of 16 bytes over all slabs. Handles 0 to 2 are never given out; the sign bit is the caller's.
 */
final class Cells {
  private static final int SLAB_BYTES = 256 << 10;

  /**
   * Each size in use takes a slab: those of a small store, and of a large one's first, are small.
   */
  private static final int SMALL_SLAB_BYTES = 16 << 10;

  private static final int SMALL_SLABS = 64;
  private static final int UNIT = 16;
  private static final int UNIT_BITS = 14;
  private static final int SLAB_UNITS = 1 << UNIT_BITS;
  private static final int UNITS_MAX = 512;
  private static final int HANDLE = Integer.MAX_VALUE;
  private static final int NONE = -1;

  private final Arena arena = Arena.ofAuto();

  /** By cell size: the first slab with a free cell. */
  private final int[] roomy = new int[UNITS_MAX + 1];

  private MemorySegment[] slabs = new MemorySegment[16];
  private int[] cellUnits = new int[16];
  private int[] live = new int[16];
  private int[] freeHeads = new int[16];
  private int[] nextUnits = new int[16];
  private int[] after = new int[16];
  private int[] before = new int[16];
  private int slabCount;
  private int emptySlabs = NONE;
  private long slabBytes;
  private long usedBytes;
  private long imageBytes;
  private long whiteBytesMax;
  private long leaves;
  private long partials;

  Cells() {
    Arrays.fill(roomy, NONE);
  }

  /** Bytes in cells that are in use. */
  long usedBytes() {
    return usedBytes;
  }

  /** Bytes of slabs with a cell in use. */
  long slabBytes() {
    return slabBytes;
  }

  /**
   * What a budget counts: slabs, unless much of them is free again, for then there is room in them.
   */
  long budgetedBytes() {
    return Math.min(slabBytes(), usedBytes + usedBytes / 3);
  }

  /** What all leaves take in a checkpoint, as the maps have reported it. */
  long imageBytes() {
    return imageBytes;
  }

  /** What the whiteouts of all leaves take there at most, besides. */
  long whiteBytesMax() {
    return whiteBytesMax;
  }

  /** Leaves of all maps. */
  long leaves() {
    return leaves;
  }

  /** Leaves that are partial. */
  long partials() {
    return partials;
  }

  void partialsGrow(int by) {
    partials += by;
  }

  void leavesGrow(long by) {
    leaves += by;
  }

  void whiteMayGrow(long bytes) {
    whiteBytesMax += bytes;
  }

  void imageGrows(long bytes) {
    imageBytes += bytes;
  }

  MemorySegment slab(int handle) {
    return slabs[slabOf(handle)];
  }

  private static int slabOf(int handle) {
    return (handle & HANDLE) >>> UNIT_BITS;
  }

  static long base(int handle) {
    return (long) (handle & (SLAB_UNITS - 1)) * UNIT;
  }

  /** A cell of at least {@code bytes} with unspecified content. */
  int allocate(int bytes) {
    int units = units(bytes);
    usedBytes += (long) units * UNIT;
    int slab = roomy[units];
    if (slab == NONE) {
      slab = takeSlab(units);
      link(slab);
    }
    int handle = takeCell(slab);
    live[slab]++;
    if (full(slab)) {
      unlink(slab);
    }
    return handle;
  }

  void free(int flagged, int bytes) {
    int handle = flagged & HANDLE;
    int slab = slabOf(handle);
    usedBytes -= (long) units(bytes) * UNIT;
    if (full(slab)) {
      link(slab);
    }
    Bytes.u32(slabs[slab], base(handle), freeHeads[slab]);
    freeHeads[slab] = handle;
    if (--live[slab] == 0) {
      unlink(slab);
      slabBytes -= slabs[slab].byteSize();
      after[slab] = emptySlabs;
      emptySlabs = slab;
    }
  }

  private static int units(int bytes) {
    return (bytes + UNIT - 1) / UNIT;
  }

  private boolean full(int slab) {
    return freeHeads[slab] == 0
        && (long) (nextUnits[slab] + cellUnits[slab]) * UNIT > slabs[slab].byteSize();
  }

  private int takeCell(int slab) {
    int head = freeHeads[slab];
    if (head != 0) {
      freeHeads[slab] = Bytes.u32(slabs[slab], base(head));
      return head;
    }
    int handle = (slab << UNIT_BITS) + nextUnits[slab];
    nextUnits[slab] += cellUnits[slab];
    return handle;
  }

  private int takeSlab(int units) {
    int slab = emptySlabs;
    if (slab == NONE) {
      slab = addSlab();
    } else {
      emptySlabs = after[slab];
    }
    slabBytes += slabs[slab].byteSize();
    cellUnits[slab] = units;
    live[slab] = 0;
    freeHeads[slab] = 0;
    // Handles 0 to 2 mean "nothing", "all whiteouts" and "absent" to the map.
    nextUnits[slab] = slab == 0 ? 3 : 0;
    return slab;
  }

  private int addSlab() {
    if (slabCount == slabs.length) {
      grow(slabCount * 2);
    }
    int bytes = slabCount < SMALL_SLABS ? SMALL_SLAB_BYTES : SLAB_BYTES;
    slabs[slabCount] = arena.allocate(bytes, Bytes.PAGE);
    return slabCount++;
  }

  private void grow(int length) {
    if (length > HANDLE >>> UNIT_BITS) {
      throw new IllegalStateException("the maps have no room beyond 32 GiB");
    }
    slabs = Arrays.copyOf(slabs, length);
    cellUnits = Arrays.copyOf(cellUnits, length);
    live = Arrays.copyOf(live, length);
    freeHeads = Arrays.copyOf(freeHeads, length);
    nextUnits = Arrays.copyOf(nextUnits, length);
    after = Arrays.copyOf(after, length);
    before = Arrays.copyOf(before, length);
  }

  private void link(int slab) {
    int units = cellUnits[slab];
    int first = roomy[units];
    after[slab] = first;
    before[slab] = NONE;
    if (first != NONE) {
      before[first] = slab;
    }
    roomy[units] = slab;
  }

  private void unlink(int slab) {
    if (before[slab] == NONE) {
      roomy[cellUnits[slab]] = after[slab];
    } else {
      after[before[slab]] = after[slab];
    }
    if (after[slab] != NONE) {
      before[after[slab]] = before[slab];
    }
  }
}
