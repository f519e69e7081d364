package io.millrace.engine.core;

import java.util.Arrays;

/** Which branches of the engine one run has taken; told by what {@link CoverageLoader} puts in. */
public final class Coverage {
  private static final int PLACES = 1 << 16;
  private static final boolean[] HIT = new boolean[PLACES];
  private static final boolean[] KNOWN = new boolean[PLACES];
  private static int known;

  private Coverage() {}

  /** Called by the engine's own code. */
  public static void hit(int place) {
    HIT[place & (PLACES - 1)] = true;
  }

  static void begin() {
    Arrays.fill(HIT, false);
  }

  /** How many places were hit that no run before has hit. */
  static int fresh() {
    int fresh = 0;
    for (int i = 0; i < PLACES; i++) {
      if (HIT[i] && !KNOWN[i]) {
        KNOWN[i] = true;
        fresh++;
      }
    }
    known += fresh;
    return fresh;
  }

  static int known() {
    return known;
  }
}
