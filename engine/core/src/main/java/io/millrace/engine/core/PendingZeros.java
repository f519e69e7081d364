package io.millrace.engine.core;

/**
 * The zeroed ranges that are answered but not applied to the maps yet, oldest first.
 *
 * <p>Within a commit blocks come before records; so a range of commit n hides what was staged in
 * commit n or earlier.
 */
final class PendingZeros {
  static final int MAX = 256;

  private final Layer[] layers = new Layer[MAX];
  private final long[] firsts = new long[MAX];
  private final long[] ends = new long[MAX];
  private final long[] lsns = new long[MAX];
  private int head;
  private int size;

  boolean isFull() {
    return size == MAX;
  }

  void add(Layer layer, long first, long count, long lsn) {
    int at = (head + size++) & (MAX - 1);
    layers[at] = layer;
    firsts[at] = first;
    ends[at] = first + count;
    lsns[at] = lsn;
  }

  void applied(long lsn) {
    while (size > 0 && lsns[head] <= lsn) {
      head = (head + 1) & (MAX - 1);
      size--;
    }
  }

  /** Whether the block was zeroed in commit {@code fromLsn} or later. */
  boolean hides(Layer layer, long address, long fromLsn) {
    for (int i = size - 1; i >= 0; i--) {
      int at = (head + i) & (MAX - 1);
      if (lsns[at] < fromLsn) {
        return false;
      }
      if (layers[at] == layer && address >= firsts[at] && address < ends[at]) {
        return true;
      }
    }
    return false;
  }
}
