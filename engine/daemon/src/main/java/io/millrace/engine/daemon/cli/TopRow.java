package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.Meter;
import io.millrace.engine.api.VolumeMeter;
import io.millrace.engine.daemon.cli.Output.Field;
import java.util.List;

/**
 * What one volume did between two looks.
 *
 * @param inFlight requests under way at the second look
 * @param stalledPercent of the time in which a write waited for room in the store
 */
record TopRow(
    String id,
    String name,
    Rate reads,
    Rate writes,
    Rate flushes,
    Rate zeroes,
    long inFlight,
    double stalledPercent,
    long errors) {
  private static final double NANOS_PER_SECOND = 1e9;

  /** One kind of request, per second; latencies in microseconds. */
  record Rate(double count, double bytes, long p50, long p99) {
    private static Rate between(Meter before, Meter after, double seconds) {
      Latencies latencies = Latencies.between(before, after);
      return new Rate(
          (after.getCount() - before.getCount()) / seconds,
          (after.getBytes() - before.getBytes()) / seconds,
          latencies.percentile(50),
          latencies.percentile(99));
    }
  }

  /**
   * @param before the default instance for a volume that was not there
   */
  static TopRow between(VolumeMeter before, VolumeMeter after, double seconds) {
    double stalled = (after.getStalledNanos() - before.getStalledNanos()) / NANOS_PER_SECOND;
    long errors = 0;
    long inFlight = 0;
    for (Meter meter : after.getRequestsList()) {
      errors += meter.getErrors() - of(before, meter.getKind()).getErrors();
      inFlight += meter.getInFlight();
    }
    return new TopRow(
        after.getId(),
        after.getName(),
        rate(before, after, "read", seconds),
        rate(before, after, "write", seconds),
        rate(before, after, "flush", seconds),
        rate(before, after, "zero", seconds),
        inFlight,
        Math.clamp(100 * stalled / seconds, 0, 100),
        errors);
  }

  private static Rate rate(VolumeMeter before, VolumeMeter after, String kind, double seconds) {
    return Rate.between(of(before, kind), of(after, kind), seconds);
  }

  private static Meter of(VolumeMeter volume, String kind) {
    return volume.getRequestsList().stream()
        .filter(meter -> meter.getKind().equals(kind))
        .findFirst()
        .orElse(Meter.getDefaultInstance());
  }

  double requests() {
    return reads.count + writes.count + flushes.count + zeroes.count;
  }

  double bytes() {
    return reads.bytes + writes.bytes;
  }

  long worstMicros() {
    return Math.max(reads.p99, Math.max(writes.p99, flushes.p99));
  }

  List<Field> fields() {
    return List.of(
        new Field("id", id),
        new Field("name", name),
        new Field("reads_per_second", rounded(reads.count)),
        new Field("writes_per_second", rounded(writes.count)),
        new Field("flushes_per_second", rounded(flushes.count)),
        new Field("zeroes_per_second", rounded(zeroes.count)),
        new Field("read_bytes_per_second", Math.round(reads.bytes)),
        new Field("write_bytes_per_second", Math.round(writes.bytes)),
        new Field("read_p50_micros", reads.p50),
        new Field("read_p99_micros", reads.p99),
        new Field("write_p50_micros", writes.p50),
        new Field("write_p99_micros", writes.p99),
        new Field("flush_p50_micros", flushes.p50),
        new Field("flush_p99_micros", flushes.p99),
        new Field("in_flight", inFlight),
        new Field("stalled_percent", rounded(stalledPercent)),
        new Field("errors", errors));
  }

  private static double rounded(double value) {
    return Math.round(value * 10) / 10.0;
  }
}
