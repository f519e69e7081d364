package io.millrace.engine.daemon.serve;

import io.millrace.engine.api.Meter;
import java.util.ArrayList;
import java.util.List;

/**
 * The buckets of a Prometheus histogram.
 *
 * <p>Their bounds are powers of two in microseconds, because those are edges of the meters' own
 * steps: so the counts are exact.
 *
 * @param firstMicros the lowest bound
 * @param factor between two; a power of two
 * @param count without the last one, which has no bound
 */
record LatencySteps(long firstMicros, int factor, int count) {
  /** 32 us to 16.8 s. */
  static final LatencySteps FINE = new LatencySteps(32, 2, 20);

  /** Of each volume, because there may be many: 256 us to 4.2 s. */
  static final LatencySteps COARSE = new LatencySteps(256, 4, 8);

  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MICROS_PER_SECOND = 1e6;

  /**
   * One histogram.
   *
   * @param buckets by ascending bound
   * @param count of all
   * @param sumSeconds of all
   */
  record Histogram(List<Bucket> buckets, long count, double sumSeconds) {}

  /** How many took less. */
  record Bucket(double boundSeconds, long below) {}

  Histogram of(Meter meter) {
    List<Bucket> buckets = new ArrayList<>(count);
    long bound = firstMicros;
    int at = 0;
    long below = 0;
    for (int i = 0; i < count; i++, bound *= factor) {
      while (at < meter.getLatencyMicrosCount() && meter.getLatencyMicros(at) < bound) {
        below += meter.getLatencyCount(at++);
      }
      buckets.add(new Bucket(bound / MICROS_PER_SECOND, below));
    }
    return new Histogram(buckets, meter.getCount(), meter.getNanos() / NANOS_PER_SECOND);
  }
}
