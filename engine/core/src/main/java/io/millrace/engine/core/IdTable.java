package io.millrace.engine.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Objects by id; the lookup boxes nothing. */
final class IdTable<T> {
  private long[] ids = new long[16];
  private @Nullable Object[] values = new Object[16];
  private int size;

  @Nullable T get(long id) {
    int at = slot(id);
    return value(at);
  }

  void put(long id, T value) {
    if ((size + 1) * 2 > ids.length) {
      grow();
    }
    int at = slot(id);
    if (values[at] == null) {
      size++;
    }
    ids[at] = id;
    values[at] = value;
  }

  void remove(long id) {
    int at = slot(id);
    if (values[at] == null) {
      return;
    }
    values[at] = null;
    size--;
    closeGap(at);
  }

  int size() {
    return size;
  }

  /** All of them, by ascending id. */
  List<T> inOrder() {
    long[] present = new long[size];
    int count = 0;
    for (int at = 0; at < ids.length; at++) {
      if (values[at] != null) {
        present[count++] = ids[at];
      }
    }
    Arrays.sort(present);
    List<T> all = new ArrayList<>(size);
    for (long id : present) {
      T value = get(id);
      if (value != null) {
        all.add(value);
      }
    }
    return all;
  }

  @SuppressWarnings("unchecked") // only put() fills the array, with T
  private @Nullable T value(int at) {
    return (T) values[at];
  }

  private int slot(long id) {
    int mask = ids.length - 1;
    int at = home(id, mask);
    while (values[at] != null && ids[at] != id) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private static int home(long id, int mask) {
    return (int) ((id * 0x9E3779B97F4A7C15L) >>> 40) & mask;
  }

  private void closeGap(int gap) {
    int mask = ids.length - 1;
    int at = (gap + 1) & mask;
    while (values[at] != null) {
      int home = home(ids[at], mask);
      if (((at - home) & mask) >= ((at - gap) & mask)) {
        ids[gap] = ids[at];
        values[gap] = values[at];
        values[at] = null;
        gap = at;
      }
      at = (at + 1) & mask;
    }
  }

  private void grow() {
    long[] oldIds = ids;
    @Nullable Object[] oldValues = values;
    ids = new long[oldIds.length * 2];
    values = new Object[oldIds.length * 2];
    for (int i = 0; i < oldIds.length; i++) {
      if (oldValues[i] != null) {
        int at = slot(oldIds[i]);
        ids[at] = oldIds[i];
        values[at] = oldValues[i];
      }
    }
  }
}
