package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A slab allocator of small off-heap cells, named by 32-bit handles.
 *
 * <p>A handle counts units of 16 bytes over slabs of 1 MiB; a cell never straddles two slabs. Freed
 * cells are kept in one list for each size. Handles 0 and 1 are never given out.
 */
final class Cells {
  private static final int UNIT = 16;
  private static final int SLAB_BYTES = 1 << 20;
  private static final int SLAB_UNITS = SLAB_BYTES / UNIT;
  private static final int UNITS_MAX = 512;

  private final Arena arena = Arena.ofAuto();
  private final int[] freeHeads = new int[UNITS_MAX + 1];
  private MemorySegment[] slabs = new MemorySegment[16];
  private int slabCount;
  private int nextUnit = SLAB_UNITS;
  private long usedBytes;

  /** Bytes in cells that are in use. */
  long usedBytes() {
    return usedBytes;
  }

  MemorySegment slab(int handle) {
    return slabs[handle >>> 16];
  }

  static long base(int handle) {
    return (long) (handle & 0xffff) * UNIT;
  }

  /** A cell of at least {@code bytes} with unspecified content. */
  int allocate(int bytes) {
    int units = units(bytes);
    usedBytes += (long) units * UNIT;
    int head = freeHeads[units];
    if (head != 0) {
      freeHeads[units] = Bytes.u32(slab(head), base(head));
      return head;
    }
    return carve(units);
  }

  void free(int handle, int bytes) {
    int units = units(bytes);
    usedBytes -= (long) units * UNIT;
    Bytes.u32(slab(handle), base(handle), freeHeads[units]);
    freeHeads[units] = handle;
  }

  private static int units(int bytes) {
    return (bytes + UNIT - 1) / UNIT;
  }

  private int carve(int units) {
    if (nextUnit + units > SLAB_UNITS) {
      addSlab();
    }
    int handle = (slabCount - 1) * SLAB_UNITS + nextUnit;
    nextUnit += units;
    return handle;
  }

  private void addSlab() {
    if (slabCount == slabs.length) {
      slabs = Arrays.copyOf(slabs, slabCount * 2);
    }
    slabs[slabCount] = arena.allocate(SLAB_BYTES, Bytes.PAGE);
    // Handles 0 and 1 mean "nothing" and "all whiteouts" to the map.
    nextUnit = slabCount == 0 ? 2 : 0;
    slabCount++;
  }
}
