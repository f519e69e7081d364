package io.millrace.engine.daemon.qos;

/**
 * So many units a second, and what was left over in the last seconds at once: a token bucket, kept
 * as the time up to which what was taken is paid for (the virtual scheduling form of the generic
 * cell rate algorithm, ITU-T I.371). So nothing has to be filled up, and a delay of whoever asks
 * costs no units.
 *
 * <p>In any time t no more begins than rate * (t + burst), and one piece more where pieces are
 * larger than a unit: how large one is may be known only when it has begun. One thread.
 */
final class Rate {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private long unitsPerSecond;
  private long toleranceNanos;
  private long paidUntilNanos;

  /**
   * Changes the rate; what was used up stays used up.
   *
   * @param newUnitsPerSecond 0: no limit
   */
  void set(long newUnitsPerSecond, int burstSeconds, long nowNanos) {
    boolean had = unitsPerSecond != 0;
    unitsPerSecond = newUnitsPerSecond;
    if (newUnitsPerSecond != 0) {
      toleranceNanos = Math.max(0, burstSeconds * NANOS_PER_SECOND - nanos(1));
      long usedNanos = had ? Math.clamp(paidUntilNanos - nowNanos, 0, toleranceNanos) : 0;
      paidUntilNanos = nowNanos + usedNanos;
    }
  }

  /** Nanoseconds until something may begin. */
  long dueIn(long nowNanos) {
    return unitsPerSecond == 0 ? 0 : Math.max(0, paidUntilNanos - nowNanos - toleranceNanos);
  }

  /** Whether all that was taken is paid for: as if nothing had ever been. */
  boolean isPaid(long nowNanos) {
    return unitsPerSecond == 0 || paidUntilNanos - nowNanos <= 0;
  }

  void take(long units, long nowNanos) {
    if (unitsPerSecond != 0) {
      paidUntilNanos = Math.max(paidUntilNanos - nowNanos, 0) + nowNanos + nanos(units);
    }
  }

  private long nanos(long units) {
    return (units * NANOS_PER_SECOND + unitsPerSecond - 1) / unitsPerSecond;
  }
}
