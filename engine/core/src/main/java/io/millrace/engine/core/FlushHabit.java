package io.millrace.engine.core;

/**
 * Guesses when a flush is about to come: after as many blocks as before the last two. One who
 * flushes after each write need not wait then for the write as well. Owner thread only.
 */
final class FlushHabit {
  /** Larger commits are written for their size. */
  private static final int BLOCKS_MAX = 16;

  private int blocks;
  private int last;
  private boolean twice;

  void staged() {
    blocks++;
  }

  void flushed() {
    twice = blocks == last && blocks > 0;
    last = blocks;
    blocks = 0;
  }

  /** Whether the habit says that a flush is next. */
  boolean flushIsNext() {
    return twice && blocks == last && blocks <= BLOCKS_MAX;
  }
}
