package io.millrace.engine.daemon.cli;

import java.util.Comparator;

/** By what the volumes are sorted: the most first; equals by name. */
enum TopOrder {
  REQUESTS,
  READS,
  WRITES,
  BYTES,
  LATENCY,
  QUEUE,
  STALLED,
  NAME;

  Comparator<TopRow> rows() {
    return Comparator.comparingDouble(this::key).reversed().thenComparing(TopRow::name);
  }

  private double key(TopRow row) {
    return switch (this) {
      case REQUESTS -> row.requests();
      case READS -> row.reads().count();
      case WRITES -> row.writes().count();
      case BYTES -> row.bytes();
      case LATENCY -> row.worstMicros();
      case QUEUE -> row.inFlight();
      case STALLED -> row.stalledPercent();
      case NAME -> 0;
    };
  }
}
