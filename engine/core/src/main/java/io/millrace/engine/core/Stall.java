package io.millrace.engine.core;

/** How long writes of a volume have waited for room: the time in which at least one did. */
final class Stall {
  private int writes;
  private long sinceNanos;
  private long endedNanos;

  void begins(long nowNanos) {
    if (writes++ == 0) {
      sinceNanos = nowNanos;
    }
  }

  /** Gives how long some write has waited, when this was the last one; else 0. */
  long ends(long nowNanos) {
    if (--writes > 0) {
      return 0;
    }
    long nanos = since(nowNanos);
    endedNanos += nanos;
    return nanos;
  }

  /** That wait now. */
  int writes() {
    return writes;
  }

  /** What has gone by of a stall under way counts. */
  long nanos(long nowNanos) {
    return endedNanos + (writes > 0 ? since(nowNanos) : 0);
  }

  /** A poll's time may be before that of a request. */
  private long since(long nowNanos) {
    return Math.max(0, nowNanos - sinceNanos);
  }
}
