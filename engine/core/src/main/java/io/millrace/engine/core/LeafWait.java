package io.millrace.engine.core;

/**
 * How one who needs many leaves in memory at a time waits for them: he looks again whenever one has
 * come that is waited for, and not for ever, because leaves may leave again before the last has
 * come. Owner thread only.
 */
final class LeafWait {
  /** So often leaves may come and no fewer are missing. */
  private static final int VAIN_MAX = 64;

  private final MapPages pages;
  private boolean looked;
  private long endedBefore;
  private int leastMissing;
  private int inVain;

  LeafWait(MapPages pages) {
    this.pages = pages;
  }

  /** Begins to wait for others. */
  void begin() {
    looked = false;
    leastMissing = Integer.MAX_VALUE;
    inVain = 0;
  }

  /** Nothing has come since the last look, which would find the same. */
  boolean rests() {
    return looked && !isOver() && pages.expectedEnded() == endedBefore;
  }

  /** Takes what a look has found. */
  void looked(int missing) {
    looked = true;
    endedBefore = pages.expectedEnded();
    inVain = missing < leastMissing ? 0 : inVain + 1;
    leastMissing = Math.min(leastMissing, missing);
  }

  /** He has waited long enough: what is missing is read while all wait. */
  boolean isOver() {
    return inVain >= VAIN_MAX;
  }
}
