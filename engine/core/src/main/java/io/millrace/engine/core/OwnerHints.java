package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which layer of a deep chain owns each block of a leaf, so that a lookup needs not ask them all.
 *
 * <p>A hint is of a frozen layer and a leaf: for each of the 512 blocks the index of the layer, at
 * or below that one, that has its data. All clones of a snapshot share it. Frozen maps change only
 * by merges, sweeps and the end of a layer: then all hints are forgotten, and made again where they
 * are asked for, at about the cost of two lookups without them. Their memory is of the maps'
 * budget. Owner thread only.
 */
final class OwnerHints {
  /** A 32nd of the maps' budget. */
  private static final int SHARE = 32;

  private static final int HINT_BYTES = Leaf.BLOCKS * 4;
  private static final int SLOTS_MAX = 4096;
  private static final int NOBODY = -1;
  private static final int LEAF_BITS = 40;

  private final Cells cells;
  private long[] keys = new long[0];

  /** Handles of cells; 0: no hint. */
  private int[] hints = new int[0];

  private int count;
  private final long[] decided = new long[LayerMap.BITMAP_WORDS];
  private final long[] shown = new long[LayerMap.BITMAP_WORDS];

  OwnerHints(Cells cells) {
    this.cells = cells;
  }

  /** Before that there is no room for any. */
  void budget(long mapBytesMax) {
    forget();
    long slots = Math.clamp(mapBytesMax / SHARE / HINT_BYTES, 1, SLOTS_MAX);
    hints = new int[(int) Long.highestOneBit(slots)];
    keys = new long[hints.length];
  }

  int count() {
    return count;
  }

  /**
   * The index of the layer, at or below a frozen one, that has the block's data; negative: it reads
   * as zeros. Nothing of these layers may be staged.
   */
  int owner(Layer layer, long block) {
    long leaf = block / Leaf.BLOCKS;
    int slot = slot(layer, leaf);
    long key = key(layer, leaf);
    if (!has(layer, leaf)) {
      make(slot, layer, leaf);
      keys[slot] = key;
    }
    int hint = hints[slot];
    return Bytes.u32(cells.slab(hint), Cells.base(hint) + (block % Leaf.BLOCKS) * 4);
  }

  /** Whether there is one, so that {@link #owner} needs no leaf. */
  boolean has(Layer layer, long leaf) {
    int slot = slot(layer, leaf);
    return hints[slot] != 0 && keys[slot] == key(layer, leaf);
  }

  /** A frozen map has changed, or an index is free again. */
  void forget() {
    for (int slot = 0; slot < hints.length && count > 0; slot++) {
      if (hints[slot] != 0) {
        cells.free(hints[slot], HINT_BYTES);
        hints[slot] = 0;
        count--;
      }
    }
  }

  private static long key(Layer layer, long leaf) {
    return ((long) layer.index << LEAF_BITS) | leaf;
  }

  private int slot(Layer layer, long leaf) {
    long mixed = key(layer, leaf) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 40) & (hints.length - 1);
  }

  private void make(int slot, Layer layer, long leaf) {
    if (hints[slot] == 0) {
      hints[slot] = cells.allocate(HINT_BYTES);
      count++;
    }
    MemorySegment m = cells.slab(hints[slot]);
    long base = Cells.base(hints[slot]);
    m.asSlice(base, HINT_BYTES).fill((byte) NOBODY);
    Arrays.fill(decided, 0);
    for (@Nullable Layer l = layer; l != null; l = l.parent) {
      if (l.map.has(leaf)) {
        Arrays.fill(shown, 0);
        l.map.see(leaf, decided, shown);
        write(m, base, l.index);
      }
    }
  }

  private void write(MemorySegment m, long base, int layerIndex) {
    for (int word = 0; word < shown.length; word++) {
      for (long bits = shown[word]; bits != 0; bits &= bits - 1) {
        int block = word * 64 + Long.numberOfTrailingZeros(bits);
        Bytes.u32(m, base + block * 4L, layerIndex);
      }
    }
  }
}
