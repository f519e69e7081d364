package io.millrace.engine.core;

import java.util.ArrayDeque;
import java.util.Arrays;

/** Ends of requests, kept until the caller polls. */
final class AnswerQueue {
  private record Commanded(long tag, CommandResult result) {}

  private long[] tags = new long[256];
  private int[] errnos = new int[256];
  private int head;
  private int size;
  private final ArrayDeque<Commanded> commanded = new ArrayDeque<>();

  void add(long tag, int errno) {
    if (size == tags.length) {
      grow();
    }
    int at = (head + size++) & (tags.length - 1);
    tags[at] = tag;
    errnos[at] = errno;
  }

  void add(long tag, CommandResult result) {
    commanded.add(new Commanded(tag, result));
  }

  void deliver(Answers answers) {
    while (size > 0) {
      long tag = tags[head];
      int errno = errnos[head];
      head = (head + 1) & (tags.length - 1);
      size--;
      answers.answered(tag, errno);
    }
    while (!commanded.isEmpty()) {
      Commanded next = commanded.remove();
      answers.commanded(next.tag, next.result);
    }
  }

  boolean isEmpty() {
    return size == 0 && commanded.isEmpty();
  }

  private void grow() {
    long[] oldTags = tags;
    int[] oldErrnos = errnos;
    tags = new long[oldTags.length * 2];
    errnos = Arrays.copyOf(oldErrnos, oldErrnos.length * 2);
    for (int i = 0; i < size; i++) {
      tags[i] = oldTags[(head + i) & (oldTags.length - 1)];
      errnos[i] = oldErrnos[(head + i) & (oldTags.length - 1)];
    }
    head = 0;
  }
}
