package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Items of a checkpoint that are written to memory one behind the other, in parts of which each
 * fits into a chunk. Owner thread only.
 */
final class ImageParts {
  /** The items of one chunk. */
  record Part(int kind, int items, MemorySegment bytes) {}

  private final int bytesMax;
  private final ArrayDeque<Part> parts = new ArrayDeque<>();
  private MemorySegment current;
  private int bytes;
  private int items;

  /**
   * @param bytesMax of a part
   */
  ImageParts(int bytesMax) {
    this.bytesMax = bytesMax;
    current = fresh();
  }

  /** Room for an item of that kind, in a part of its kind. */
  MemorySegment item(int kind, int length) {
    if (bytes + length > bytesMax) {
      end(kind);
    }
    MemorySegment item = current.asSlice(bytes, length);
    bytes += length;
    items++;
    return item;
  }

  /** Ends a part of that kind, if it has anything. */
  void endIfAny(int kind) {
    if (items > 0) {
      end(kind);
    }
  }

  /** Ends a part of that kind, be it empty. */
  void end(int kind) {
    parts.add(new Part(kind, items, current.asSlice(0, bytes)));
    current = fresh();
    bytes = 0;
    items = 0;
  }

  boolean isEmpty() {
    return items == 0 && parts.isEmpty();
  }

  /** What has ended, in order. */
  ArrayDeque<Part> parts() {
    return parts;
  }

  private MemorySegment fresh() {
    return MemorySegment.ofArray(new byte[bytesMax]);
  }
}
