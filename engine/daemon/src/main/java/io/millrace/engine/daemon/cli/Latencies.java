package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.Meter;

/** How long the requests took that have ended between two looks at one meter. */
final class Latencies {
  private final long[] micros;
  private final long[] counts;
  private final long total;

  private Latencies(long[] micros, long[] counts, long total) {
    this.micros = micros;
    this.counts = counts;
    this.total = total;
  }

  static Latencies between(Meter before, Meter after) {
    int steps = after.getLatencyMicrosCount();
    long[] micros = new long[steps];
    long[] counts = new long[steps];
    long total = 0;
    int old = 0;
    for (int i = 0; i < steps; i++) {
      micros[i] = after.getLatencyMicros(i);
      while (old < before.getLatencyMicrosCount() && before.getLatencyMicros(old) < micros[i]) {
        old++;
      }
      boolean same =
          old < before.getLatencyMicrosCount() && before.getLatencyMicros(old) == micros[i];
      counts[i] = after.getLatencyCount(i) - (same ? before.getLatencyCount(old) : 0);
      total += counts[i];
    }
    return new Latencies(micros, counts, total);
  }

  /** So many of a hundred took no longer; 0 when there were none. */
  long percentile(double percent) {
    long rank = Math.max(1, (long) Math.ceil(total * percent / 100));
    long counted = 0;
    for (int i = 0; i < counts.length && total > 0; i++) {
      counted += counts[i];
      if (counted >= rank) {
        return micros[i];
      }
    }
    return 0;
  }
}
