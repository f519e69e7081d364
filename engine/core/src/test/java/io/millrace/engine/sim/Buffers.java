package io.millrace.engine.sim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/** The memory of requests in flight: a few aligned buffers, used over and over. */
final class Buffers {
  static final int BUFFER_BYTES = 1 << 20;

  private static final int BUFFERS = 12;

  private final MemorySegment slab = Arena.ofAuto().allocate((long) BUFFERS * BUFFER_BYTES, 4096);
  private final Deque<MemorySegment> free = new ArrayDeque<>();

  /** All buffers are free again. */
  void reset() {
    free.clear();
    for (int i = 0; i < BUFFERS; i++) {
      free.add(slab.asSlice((long) i * BUFFER_BYTES, BUFFER_BYTES, 4096));
    }
  }

  boolean isEmpty() {
    return free.isEmpty();
  }

  MemorySegment take() {
    return free.pop();
  }

  void giveBack(MemorySegment buffer) {
    free.push(buffer);
  }
}
