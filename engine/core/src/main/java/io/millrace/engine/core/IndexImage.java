package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Which leaves each chunk of the maps has, and how much is in them: so an opening knows all of the
 * maps but the places of blocks. Drawn in {@link Chunk}.
 */
final class IndexImage {
  static final int RUN_BYTES = 32;
  static final int LEAF_BYTES = 4;

  /** A chunk of the maps begins with this run. */
  static final int FLAG_FIRST = 1;

  /** The run has whiteouts. */
  static final int FLAG_HIDES = 2;

  private final ImageParts parts;

  IndexImage(int partBytesMax) {
    parts = new ImageParts(partBytesMax);
  }

  /** The next chunk of the checkpoint; all indexes of its leaves, in order. */
  void add(MapChunk chunk, long[] leaves) {
    Bounds.require(leaves.length == chunk.items(), "leaves", leaves.length);
    int first = 0;
    for (MapChunk.Run run : chunk.runs()) {
      add(run, first == 0, leaves, first);
      first += run.leaves();
    }
  }

  private void add(MapChunk.Run run, boolean begins, long[] leaves, int first) {
    MemorySegment item = parts.item(Chunk.INDEX, RUN_BYTES + run.leaves() * LEAF_BYTES);
    Bytes.u64(item, 0, run.layerId());
    Bytes.u32(item, 8, run.leaves());
    Bytes.u32(item, 12, run.wholes());
    Bytes.u32(item, 16, (int) run.blocks());
    Bytes.u32(item, 20, (int) run.whiteouts());
    Bytes.u32(item, 24, (begins ? FLAG_FIRST : 0) | (run.hides() ? FLAG_HIDES : 0));
    Bytes.u32(item, 28, 0);
    for (int i = 0; i < run.leaves(); i++) {
      Bytes.u32(item, RUN_BYTES + i * LEAF_BYTES, (int) leaves[first + i]);
    }
  }

  /** Whether an item, as long as it says to be, ends there at the latest. */
  static boolean fits(MemorySegment m, long at, long end) {
    return at + RUN_BYTES <= end
        && Bytes.u32(m, at + 8) > 0
        && Bytes.u32(m, at + 8) <= (end - at - RUN_BYTES) / LEAF_BYTES;
  }

  /** How long an item is that {@link #fits}. */
  static int bytes(MemorySegment m, long at) {
    return RUN_BYTES + Bytes.u32(m, at + 8) * LEAF_BYTES;
  }

  /** What an item that {@link #fits} says of its leaves. */
  static MapChunk.Run run(MemorySegment m, long at) {
    return new MapChunk.Run(
        Bytes.u64(m, at),
        Bytes.u32(m, at + 8),
        Bytes.u32(m, at + 12),
        Bytes.u32(m, at + 16),
        Bytes.u32(m, at + 20),
        (Bytes.u32(m, at + 24) & FLAG_HIDES) != 0);
  }

  static boolean begins(MemorySegment m, long at) {
    return (Bytes.u32(m, at + 24) & FLAG_FIRST) != 0;
  }

  /** The index of a leaf of an item. */
  static long leaf(MemorySegment m, long at, int i) {
    return Integer.toUnsignedLong(Bytes.u32(m, at + RUN_BYTES + (long) i * LEAF_BYTES));
  }

  /** All of it; none when there are no maps. */
  ArrayDeque<ImageParts.Part> parts() {
    parts.endIfAny(Chunk.INDEX);
    return parts.parts();
  }
}
