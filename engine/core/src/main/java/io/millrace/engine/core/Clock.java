package io.millrace.engine.core;

/** The seam to time. The simulator's clock stands still until it is told to move. */
public interface Clock {
  /** Monotonic nanoseconds from an arbitrary start. */
  long nanos();

  /**
   * Milliseconds since 1970-01-01 UTC, for creation times shown to people; never decides anything.
   */
  long wallMillis();
}
