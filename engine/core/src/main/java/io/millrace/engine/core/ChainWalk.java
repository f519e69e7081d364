package io.millrace.engine.core;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the leaves that a layer and those below it have, in ascending order, and says what
 * those below show there.
 *
 * <p>A heap of the layers by their next leaf, so that it costs O(leaves there are · log depth +
 * depth), however large the range. The leaf that it is at may be changed in the top layer. Reused;
 * owner thread only.
 */
final class ChainWalk {
  private static final int NO_TOP = -1;

  /** Those of the layers that have a leaf in front of the walk, the highest first. */
  private @Nullable LayerMap[] maps = new LayerMap[8];

  private long[] nextLeaves = new long[8];

  /** Indexes of maps: the one with the smallest next leaf first, of equal ones the highest. */
  private int[] heap = new int[8];

  private int heapSize;

  /** Indexes of the maps that have the leaf that it is at, the highest first. */
  private int[] holders = new int[8];

  private int holderCount;
  private int top;
  private long leaf;
  private final long[] decided = new long[LayerMap.BITMAP_WORDS];
  private final long[] shown = new long[LayerMap.BITMAP_WORDS];

  /** Stands in front of the first leaf at or after {@code from}. */
  void begin(Layer layer, long from) {
    heapSize = 0;
    top = NO_TOP;
    int count = 0;
    for (Layer l = layer; l != null; l = l.parent) {
      long next = l.map.nextLeaf(from);
      if (next >= 0) {
        top = l == layer ? count : top;
        put(count++, l.map, next);
      }
    }
  }

  private void put(int index, LayerMap map, long next) {
    if (index == maps.length) {
      int length = maps.length * 2;
      maps = Arrays.copyOf(maps, length);
      nextLeaves = Arrays.copyOf(nextLeaves, length);
      heap = Arrays.copyOf(heap, length);
      holders = Arrays.copyOf(holders, length);
    }
    maps[index] = map;
    nextLeaves[index] = next;
    push(index);
  }

  /** Goes to the next leaf; false: there is none. */
  boolean next() {
    holderCount = 0;
    if (heapSize == 0) {
      return false;
    }
    leaf = nextLeaves[heap[0]];
    while (heapSize > 0 && nextLeaves[heap[0]] == leaf) {
      int index = pop();
      holders[holderCount++] = index;
      nextLeaves[index] = map(index).nextLeaf(leaf + 1);
    }
    for (int i = 0; i < holderCount; i++) {
      if (nextLeaves[holders[i]] >= 0) {
        push(holders[i]);
      }
    }
    return true;
  }

  /** The index of the leaf that it is at. */
  long leaf() {
    return leaf;
  }

  /** Whether a layer below the top has this leaf. */
  boolean below() {
    return holderCount > 1 || (holderCount == 1 && holders[0] != top);
  }

  /**
   * A bit for each block that would be read if the top had nothing for it; valid until asked again.
   */
  long[] shownBelow() {
    Arrays.fill(decided, 0);
    Arrays.fill(shown, 0);
    for (int i = 0; i < holderCount; i++) {
      if (holders[i] != top) {
        map(holders[i]).see(leaf, decided, shown);
      }
    }
    return shown;
  }

  /** How many that have this leaf have it not in memory; see {@link MapPages#expect}. */
  int expect(MapPages pages) {
    int missing = 0;
    for (int i = 0; i < holderCount; i++) {
      missing += pages.expect(map(holders[i]), leaf) ? 1 : 0;
    }
    return missing;
  }

  private LayerMap map(int index) {
    return Objects.requireNonNull(maps[index]);
  }

  // ---- heap

  private boolean before(int a, int b) {
    long byLeaf = nextLeaves[a] - nextLeaves[b];
    return byLeaf < 0 || (byLeaf == 0 && a < b);
  }

  private void push(int index) {
    int at = heapSize++;
    while (at > 0 && before(index, heap[(at - 1) / 2])) {
      heap[at] = heap[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    heap[at] = index;
  }

  private int pop() {
    int first = heap[0];
    int last = heap[--heapSize];
    int at = 0;
    for (int child = 1; child < heapSize; child = 2 * at + 1) {
      if (child + 1 < heapSize && before(heap[child + 1], heap[child])) {
        child++;
      }
      if (!before(heap[child], last)) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
