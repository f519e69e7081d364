package io.millrace.engine.sim;

import io.millrace.engine.core.Clock;

/** Time that stands still until the simulation moves it. */
final class SimClock implements Clock {
  private static final long WALL_AT_START_MILLIS = 1_790_000_000_000L;

  private long nanos = 1;

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public long wallMillis() {
    return WALL_AT_START_MILLIS + nanos / 1_000_000;
  }

  /** Never backwards. */
  void advanceTo(long later) {
    nanos = Math.max(nanos, later);
  }
}
