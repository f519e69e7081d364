package io.millrace.engine.core;

/** A slot of a segment as one number, or an answer that is no place. */
final class Location {
  /** Nothing known of the block here: ask the parent layer. */
  static final long NONE = -1;

  /** The block reads as zeros whatever the parent layers hold. */
  static final long WHITEOUT = -2;

  /** Whether the layer has the block can't be told without a leaf that is not in memory. */
  static final long UNKNOWN = -3;

  private Location() {}

  static long of(int segment, int slot) {
    return ((long) segment << 16) | slot;
  }

  static int segment(long location) {
    return (int) (location >>> 16);
  }

  static int slot(long location) {
    return (int) location & 0xffff;
  }
}
