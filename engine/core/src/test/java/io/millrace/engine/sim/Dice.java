package io.millrace.engine.sim;

/** SplitMix64: the same numbers for the same seed, on every machine and JDK. */
final class Dice {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  Dice(long seed) {
    state = seed;
  }

  static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  long next() {
    state += GOLDEN;
    return mix(state);
  }

  /** From 0 to bound - 1. */
  long below(long bound) {
    return Long.remainderUnsigned(next(), bound);
  }

  int below(int bound) {
    return (int) below((long) bound);
  }

  /** From low to high, both included. */
  long between(long low, long high) {
    return low + below(high - low + 1);
  }

  boolean percent(int chance) {
    return below(100) < chance;
  }

  @SafeVarargs
  final <T> T oneOf(T... choices) {
    return choices[below(choices.length)];
  }
}
