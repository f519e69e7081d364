package io.millrace.engine.daemon.fuse;

/** A queue of slot numbers, first in, first out, of fixed capacity. Reactor thread only. */
final class SlotQueue {
  private final int[] slots;
  private int head;
  private int count;

  SlotQueue(int capacity) {
    slots = new int[capacity];
  }

  boolean isEmpty() {
    return count == 0;
  }

  void add(int slot) {
    slots[(head + count++) % slots.length] = slot;
  }

  int remove() {
    int slot = slots[head];
    head = (head + 1) % slots.length;
    count--;
    return slot;
  }
}
