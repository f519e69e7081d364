package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Page-aligned memory outside the heap, with the view of it that CRC32C wants. */
final class PageBuffer {
  final MemorySegment memory;
  private final ByteBuffer view;

  PageBuffer(Arena arena, long bytes) {
    this(arena.allocate(bytes, Bytes.PAGE));
  }

  /** On memory that begins at a page. */
  PageBuffer(MemorySegment memory) {
    this.memory = memory;
    view = memory.asByteBuffer();
  }

  /** A copy of bytes that came from elsewhere, padded to whole pages. */
  static PageBuffer copyOf(Arena arena, byte[] bytes) {
    PageBuffer buffer = new PageBuffer(arena, (long) Bytes.pages(bytes.length) * Bytes.PAGE);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, buffer.memory, 0, bytes.length);
    return buffer;
  }

  void addTo(CRC32C crc, int at, int length) {
    view.limit(at + length);
    view.position(at);
    crc.update(view);
    view.clear();
  }

  MemorySegment pages(int firstPage, int count) {
    return memory.asSlice((long) firstPage * Bytes.PAGE, (long) count * Bytes.PAGE);
  }
}
