package io.millrace.engine.core;

/**
 * Where in staging the newest version of a block is: an open-addressing table of fixed size.
 *
 * <p>A reference is the number of a batch and the index of the block in it.
 */
final class StagedIndex {
  static final int ABSENT = -1;
  private static final int ADDRESS_BITS = 40;

  private final long[] keys;
  private final int[] references;
  private final int mask;

  StagedIndex(int blocksMax) {
    int size = Integer.highestOneBit(Math.max(16, blocksMax) * 4 - 1);
    keys = new long[size];
    references = new int[size];
    mask = size - 1;
    java.util.Arrays.fill(references, ABSENT);
  }

  static int reference(int batch, int index) {
    return (batch << 16) | index;
  }

  static int batch(int reference) {
    return reference >>> 16;
  }

  static int index(int reference) {
    return reference & 0xffff;
  }

  /** A layer and an address as one number that sorts by both. */
  static long key(Layer layer, long address) {
    return ((long) layer.index << ADDRESS_BITS) | address;
  }

  static int layerIndex(long key) {
    return (int) (key >>> ADDRESS_BITS);
  }

  static long address(long key) {
    return key & ((1L << ADDRESS_BITS) - 1);
  }

  int find(Layer layer, long address) {
    return references[slot(key(layer, address))];
  }

  void put(Layer layer, long address, int reference) {
    long key = key(layer, address);
    int at = slot(key);
    keys[at] = key;
    references[at] = reference;
  }

  /** Removes the block unless a newer version took its place. */
  void removeIf(Layer layer, long address, int reference) {
    int at = slot(key(layer, address));
    if (references[at] == reference) {
      references[at] = ABSENT;
      closeGap(at);
    }
  }

  private int slot(long key) {
    int at = home(key);
    while (references[at] != ABSENT && keys[at] != key) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private int home(long key) {
    long mixed = key * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 36) & mask;
  }

  private void closeGap(int gap) {
    int at = (gap + 1) & mask;
    while (references[at] != ABSENT) {
      if (((at - home(keys[at])) & mask) >= ((at - gap) & mask)) {
        keys[gap] = keys[at];
        references[gap] = references[at];
        references[at] = ABSENT;
        gap = at;
      }
      at = (at + 1) & mask;
    }
  }
}
