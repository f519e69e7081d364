package io.millrace.engine.daemon.fuse;

import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The memory that FUSE requests are read into and answered from: one shared mapping, populated,
 * locked and touched once, because a page that is missing while the daemon is being killed would
 * end that request with EIO.
 *
 * <pre>
 * small slot, one per request | header page 4 KiB | data 16 KiB |
 * big slot                    | header page 4 KiB | data 1 MiB  |
 * </pre>
 *
 * <p>Headers end where the page ends, so that data are page-aligned and an answer goes out in one
 * write. Reactor thread only; makes no object after the first use of a length.
 */
final class RequestPool {
  static final int HEADER_BYTES = 4096;
  static final int SMALL_DATA_BYTES = 16 << 10;
  static final int BIG_DATA_BYTES = FuseWire.WRITE_BYTES_MAX;
  static final int NONE = -1;

  private static final int SMALL_BYTES = HEADER_BYTES + SMALL_DATA_BYTES;
  private static final int BIG_BYTES = HEADER_BYTES + BIG_DATA_BYTES;
  private static final int SECTOR_BYTES = 512;
  private static final int IOVEC_BYTES = 32;

  private final MemorySegment memory;
  private final int bigCount;
  private final int smallCount;
  private final int[] freeSmall;
  private final int[] freeBig;
  private int freeSmallCount;
  private int freeBigCount;
  private final @Nullable MemorySegment[] smallViews;
  private final @Nullable MemorySegment[] bigViews;
  private final long lockResult;

  RequestPool(int smallCount, int bigCount) throws KernelException {
    this.smallCount = smallCount;
    this.bigCount = bigCount;
    long bytes = HEADER_BYTES + (long) smallCount * SMALL_BYTES + (long) bigCount * BIG_BYTES;
    memory = Libc.mapShared("millrace-requests", bytes);
    lockResult = Libc.mlock(memory);
    touch();
    freeSmall = descending(smallCount);
    freeBig = descending(bigCount);
    freeSmallCount = smallCount;
    freeBigCount = bigCount;
    smallViews = new MemorySegment[smallCount * (SMALL_DATA_BYTES / SECTOR_BYTES + 1)];
    bigViews = new MemorySegment[bigCount * (BIG_DATA_BYTES / SECTOR_BYTES + 1)];
  }

  /** 0, or the negative errno for which the memory could not be locked. */
  long lockResult() {
    return lockResult;
  }

  MemorySegment memory() {
    return memory;
  }

  int smallCount() {
    return smallCount;
  }

  int bigCount() {
    return bigCount;
  }

  int takeSmall() {
    return freeSmallCount == 0 ? NONE : freeSmall[--freeSmallCount];
  }

  int takeBig() {
    return freeBigCount == 0 ? NONE : freeBig[--freeBigCount];
  }

  boolean hasSmall() {
    return freeSmallCount > 0;
  }

  void giveSmall(int slot) {
    freeSmall[freeSmallCount++] = slot;
  }

  void giveBig(int slot) {
    freeBig[freeBigCount++] = slot;
  }

  long smallAt(int slot) {
    return HEADER_BYTES + (long) slot * SMALL_BYTES;
  }

  long smallDataAt(int slot) {
    return smallAt(slot) + HEADER_BYTES;
  }

  long bigDataAt(int slot) {
    return smallAt(smallCount) + (long) slot * BIG_BYTES + HEADER_BYTES;
  }

  /** The first {@code bytes} of a small slot's data; a multiple of 512. */
  MemorySegment smallData(int slot, int bytes) {
    int view = slot * (SMALL_DATA_BYTES / SECTOR_BYTES + 1) + bytes / SECTOR_BYTES;
    return view(smallViews, view, smallDataAt(slot), bytes);
  }

  /** The first {@code bytes} of a big slot's data; a multiple of 512. */
  MemorySegment bigData(int slot, int bytes) {
    int view = slot * (BIG_DATA_BYTES / SECTOR_BYTES + 1) + bytes / SECTOR_BYTES;
    return view(bigViews, view, bigDataAt(slot), bytes);
  }

  private MemorySegment view(@Nullable MemorySegment[] views, int index, long at, int bytes) {
    MemorySegment known = views[index];
    if (known == null) {
      known = memory.asSlice(at, bytes);
      views[index] = known;
    }
    return known;
  }

  /**
   * Reads one request: its header and as much data as fit into the small slot, the rest into the
   * big slot at the place where it would stand if all data were there.
   *
   * @return bytes read, or a negative errno
   */
  long land(int fd, int small, int big) {
    long base = memory.address();
    memory.set(ValueLayout.JAVA_LONG, 0, base + smallDataAt(small) - FuseWire.IO_BYTES);
    memory.set(ValueLayout.JAVA_LONG, 8, FuseWire.IO_BYTES + (long) SMALL_DATA_BYTES);
    memory.set(ValueLayout.JAVA_LONG, 16, base + bigDataAt(big) + SMALL_DATA_BYTES);
    memory.set(ValueLayout.JAVA_LONG, 24, (long) BIG_DATA_BYTES - SMALL_DATA_BYTES);
    return Libc.readv(fd, base, IOVEC_BYTES / 16);
  }

  /** Puts the data that landed in the small slot in front of those in the big one. */
  void join(int small, int big) {
    MemorySegment.copy(memory, smallDataAt(small), memory, bigDataAt(big), SMALL_DATA_BYTES);
  }

  private void touch() {
    for (long at = 0; at < memory.byteSize(); at += HEADER_BYTES) {
      memory.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
    }
  }

  private static int[] descending(int count) {
    int[] slots = new int[count];
    for (int i = 0; i < count; i++) {
      slots[i] = count - 1 - i;
    }
    return slots;
  }
}
