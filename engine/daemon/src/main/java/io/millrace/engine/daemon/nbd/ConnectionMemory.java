package io.millrace.engine.daemon.nbd;

import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What one connection's requests are read into and answered from: its own, locked and touched, so
 * that a client that takes no answers holds nobody else's.
 *
 * <pre>
 * input 64 KiB | vectors 4 KiB | headers of replies, 64 bytes each of 128 | data: 256 units of 16 KiB |
 * </pre>
 *
 * <p>Reactor thread only; makes no object once a length was used in a unit, unless another has
 * pushed that out: the heap is small, and so much of it is a connection's at most.
 */
final class ConnectionMemory {
  static final int REQUESTS = 128;
  static final int INPUT_BYTES = 64 << 10;
  static final int VECTORS = 64;
  static final int UNIT_BYTES = 16 << 10;
  static final int NONE = -1;

  private static final int VECTOR_BYTES = 16;
  private static final int HEADER_BYTES = 64;
  private static final int UNITS = 256;

  /** Lengths that are remembered of a unit. */
  private static final int WAYS = 8;

  private static final int VECTORS_AT = INPUT_BYTES;
  private static final int HEADERS_AT = VECTORS_AT + 4096;
  private static final int DATA_AT = HEADERS_AT + REQUESTS * HEADER_BYTES;

  private final MemorySegment memory;
  private final long[] taken = new long[UNITS / Long.SIZE];
  private final @Nullable MemorySegment[] views = new MemorySegment[UNITS * WAYS];

  ConnectionMemory() throws KernelException {
    memory = Libc.mapShared("millrace-nbd", DATA_AT + (long) UNITS * UNIT_BYTES);
    // Where it is refused, the start of the daemon has told so of its other memory.
    var _ = Libc.mlock(memory);
    memory.fill((byte) 0);
  }

  static int unitsFor(long bytes) {
    return (int) ((bytes + UNIT_BYTES - 1) / UNIT_BYTES);
  }

  MemorySegment segment() {
    return memory;
  }

  long address() {
    return memory.address();
  }

  long headerAt(int request) {
    return HEADERS_AT + (long) request * HEADER_BYTES;
  }

  long dataAt(int unit) {
    return DATA_AT + (long) unit * UNIT_BYTES;
  }

  /** Sets one of the vectors to a part of this memory. */
  void vector(int index, long at, long bytes) {
    long vector = VECTORS_AT + (long) index * VECTOR_BYTES;
    memory.set(java.lang.foreign.ValueLayout.JAVA_LONG, vector, memory.address() + at);
    memory.set(java.lang.foreign.ValueLayout.JAVA_LONG, vector + 8, bytes);
  }

  long vectorsAddress() {
    return memory.address() + VECTORS_AT;
  }

  /** The first of so many units one behind the other; NONE when there are none. */
  int takeUnits(int count) {
    int run = 0;
    for (int unit = 0; unit < UNITS; unit++) {
      if (run == 0 && taken[unit >>> 6] == -1L) {
        unit |= Long.SIZE - 1;
      } else if (isTaken(unit)) {
        run = 0;
      } else if (++run == count) {
        mark(unit - count + 1, count);
        return unit - count + 1;
      }
    }
    return NONE;
  }

  void giveUnits(int first, int count) {
    mark(first, count);
  }

  /** Whether nobody has any. */
  boolean isIdle() {
    long any = 0;
    for (long word : taken) {
      any |= word;
    }
    return any == 0;
  }

  private boolean isTaken(int unit) {
    return ((taken[unit >>> 6] >>> unit) & 1) != 0;
  }

  /** Takes what is free, frees what is taken. */
  private void mark(int first, int count) {
    for (int unit = first; unit < first + count; unit++) {
      taken[unit >>> 6] ^= 1L << unit;
    }
  }

  /** Powers of two that follow each other have each their own. */
  private static int way(int bytes) {
    int zeros = Integer.numberOfTrailingZeros(bytes);
    return (zeros + 3 * (bytes >>> zeros)) & (WAYS - 1);
  }

  /** The first {@code bytes} from a unit on; a multiple of 512. */
  MemorySegment data(int unit, int bytes) {
    int index = unit * WAYS + way(bytes);
    MemorySegment view = views[index];
    if (view == null || view.byteSize() != bytes) {
      view = memory.asSlice(dataAt(unit), bytes);
      views[index] = view;
    }
    return view;
  }
}
