package io.millrace.engine.core;

/**
 * How one who needs many leaves in memory at a time waits for them: he looks again whenever a chunk
 * has come, and not for ever, because leaves may leave again before the last has come. Owner thread
 * only.
 */
final class LeafWait {
  private static final int LOOKS_MAX = 256;

  private final MapPages pages;
  private int looks;
  private long endedBefore;

  LeafWait(MapPages pages) {
    this.pages = pages;
  }

  /** Begins to wait for others. */
  void begin() {
    looks = 0;
  }

  /** Nothing has come since the last look, which would find the same. */
  boolean rests() {
    long ended = pages.ended();
    boolean rests = looks > 0 && !isOver() && ended == endedBefore;
    endedBefore = ended;
    looks += rests ? 0 : 1;
    return rests;
  }

  /** He has waited long enough: what is missing is read while all wait. */
  boolean isOver() {
    return looks > LOOKS_MAX;
  }
}
