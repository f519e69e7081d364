package io.millrace.engine.core;

import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * Nothing of a store but segments, blocks in them, and a cleaner that chooses victims as the engine
 * does: how much is moved when blocks are put to so many streams.
 */
final class StreamModel {
  static final int SEGMENTS = 1024;
  static final int SEGMENT_BLOCKS = 512;

  /** The cleaner keeps so many free. */
  private static final int KEPT_FREE = 24;

  private static final int NONE = -1;

  /** Where blocks go to; one object for one run. */
  interface Streams {
    int count();

    /** Of a block that the user writes, so many writes after the version before, or the first. */
    int ofWritten(long lifetime);

    /** Of a block that is moved out of a segment of a stream, so many writes after its birth. */
    int ofMoved(int from, long age);

    /** A segment of that stream is empty, so many writes after it was begun. */
    default void emptied(int stream, long age) {}
  }

  /** How dear it is to wait for a segment to empty by itself. */
  interface Score {
    double of(double used, double age);
  }

  private final Streams streams;
  private final Score score;
  private final int[] open;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private final int[] stream = new int[SEGMENTS];
  private final int[] live = new int[SEGMENTS];
  private final int[] filled = new int[SEGMENTS];
  private final boolean[] sealed = new boolean[SEGMENTS];
  private final long[] begunAt = new long[SEGMENTS];
  private final long[] sealedAt = new long[SEGMENTS];
  private final int[] owner = new int[SEGMENTS * SEGMENT_BLOCKS];
  private final int[] place;
  private final long[] birth;
  private final int[] survivors = new int[SEGMENT_BLOCKS];
  private long now;

  long moved;

  StreamModel(Streams streams, Score score, int blocks) {
    this.streams = streams;
    this.score = score;
    open = new int[streams.count()];
    place = new int[blocks];
    birth = new long[blocks];
    Arrays.fill(open, NONE);
    Arrays.fill(place, NONE);
    Arrays.fill(owner, NONE);
    for (int s = 0; s < SEGMENTS; s++) {
      free.add(s);
    }
  }

  void write(int block) {
    now++;
    boolean first = place[block] == NONE;
    int to = streams.ofWritten(first ? Long.MAX_VALUE : now - birth[block]);
    if (!first) {
      kill(block);
    }
    birth[block] = now;
    put(block, to);
    while (free.size() < KEPT_FREE) {
      clean();
    }
  }

  private void put(int block, int to) {
    int segment = open[to];
    if (segment == NONE || filled[segment] == SEGMENT_BLOCKS) {
      if (segment != NONE) {
        sealed[segment] = true;
        sealedAt[segment] = now;
      }
      segment = free.remove();
      stream[segment] = to;
      begunAt[segment] = now;
      filled[segment] = 0;
      open[to] = segment;
    }
    int at = segment * SEGMENT_BLOCKS + filled[segment]++;
    owner[at] = block;
    place[block] = at;
    live[segment]++;
  }

  private void kill(int block) {
    int segment = place[block] / SEGMENT_BLOCKS;
    owner[place[block]] = NONE;
    live[segment]--;
    if (live[segment] == 0 && sealed[segment]) {
      free(segment);
    }
  }

  private void free(int segment) {
    sealed[segment] = false;
    free.add(segment);
    streams.emptied(stream[segment], now - begunAt[segment]);
  }

  private void clean() {
    int victim = victim();
    int count = 0;
    for (int i = 0; i < SEGMENT_BLOCKS; i++) {
      int block = owner[victim * SEGMENT_BLOCKS + i];
      if (block != NONE) {
        survivors[count++] = block;
      }
    }
    for (int i = 0; i < count; i++) {
      kill(survivors[i]);
      put(survivors[i], streams.ofMoved(stream[victim], now - birth[survivors[i]]));
      moved++;
    }
  }

  private int victim() {
    int best = NONE;
    double bestScore = -1;
    for (int s = 0; s < SEGMENTS; s++) {
      double of =
          sealed[s] ? score.of((double) live[s] / SEGMENT_BLOCKS, now - sealedAt[s] + 1.0) : -1;
      if (of > bestScore) {
        bestScore = of;
        best = s;
      }
    }
    return best;
  }
}
