package io.millrace.engine.daemon.serve;

import io.millrace.engine.api.Meter;
import io.millrace.engine.api.Meters;
import io.millrace.engine.api.Scrub;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.StoreState;
import io.millrace.engine.api.VolumeMeter;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;

/** All that monitoring is told, as Prometheus text (version 0.0.4). */
final class MetricsText {
  /** What goes with the text over HTTP. */
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** The fields of Stats that go up and down, or are no count of anything. */
  private static final Set<String> LEVELS =
      Set.of(
          "segments_free",
          "segments_total",
          "map_bytes",
          "staged_bytes",
          "staged_bytes_max",
          "writes_waiting",
          "reads_waiting",
          "disk_calls",
          "cleaner_debt_bytes",
          "last_lsn",
          "durable_lsn",
          "next_segment_sequence");

  private static final double NANOS_PER_SECOND = 1e9;

  private final PrometheusText out = new PrometheusText();

  private MetricsText() {}

  static String of(Store store, Meters meters, Scrub scrub) {
    MetricsText text = new MetricsText();
    text.stats(meters.getStats());
    text.store(store);
    text.scrub(scrub);
    text.ratios(meters.getStats());
    text.threads(meters);
    text.requests(meters);
    text.disk(meters);
    text.volumes(meters.getVolumesList());
    return text.out.toString();
  }

  private void stats(Stats stats) {
    Stats.getDescriptor()
        .getFields()
        .forEach(
            field -> {
              long value = (Long) stats.getField(field);
              if (LEVELS.contains(field.getName())) {
                gauge(field.getName(), value);
              } else {
                counter(field.getName(), value);
              }
            });
  }

  private void store(Store store) {
    gauge("store_capacity_bytes", store.getCapacityBytes());
    gauge("store_physical_bytes", store.getPhysicalBytes());
    gauge("store_free_bytes", store.getFreeBytes());
    gauge("store_logical_bytes", store.getLogicalBytes());
    gauge("store_volumes", store.getVolumes());
    gauge("store_snapshots", store.getSnapshots());
    gauge("store_serving", store.getState() == StoreState.SERVING ? 1 : 0);
  }

  private void scrub(Scrub scrub) {
    gauge("scrub_running", scrub.getRunning() ? 1 : 0);
    gauge("scrub_segments_done", scrub.getSegmentsDone());
    counter("scrub_bytes_read", scrub.getBytesRead());
    counter("scrub_passes", scrub.getPasses());
    gauge("scrub_ended_unix_millis", scrub.getEndedUnixMillis());
    gauge("damaged_blocks", scrub.getDamagedBlocks());
  }

  /** Since the start; what matters is the ratio of the counters' rates. */
  private void ratios(Stats stats) {
    out.family("millrace_write_amplification_ratio", "gauge");
    out.sample(ratio(stats.getDeviceWriteBytes(), stats.getUserWriteBytes()));
    long found = stats.getReadBlocksStaged() + stats.getReadBlocksCached();
    out.family("millrace_cache_hit_ratio", "gauge");
    out.sample(ratio(found, found + stats.getReadBlocksFromDisk()));
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  private void threads(Meters meters) {
    counter("reactor_allocated_bytes", meters.getReactorAllocatedBytes());
    counter("disk_threads_allocated_bytes", meters.getDiskThreadsAllocatedBytes());
  }

  private void requests(Meters meters) {
    List<Meter> kinds = meters.getRequestsList();
    out.family("millrace_request_errors_total", "counter");
    kinds.forEach(m -> out.sample(m.getErrors(), "request", m.getKind()));
    out.family("millrace_requests_in_flight", "gauge");
    kinds.forEach(m -> out.sample(m.getInFlight(), "request", m.getKind()));
    out.family("millrace_request_duration_seconds", "histogram");
    kinds.forEach(m -> out.histogram(LatencySteps.FINE.of(m), "request", m.getKind()));
  }

  private void disk(Meters meters) {
    List<Meter> kinds = meters.getDiskList();
    out.family("millrace_disk_call_errors_total", "counter");
    kinds.forEach(m -> out.sample(m.getErrors(), "call", m.getKind()));
    out.family("millrace_disk_calls_in_flight", "gauge");
    kinds.forEach(m -> out.sample(m.getInFlight(), "call", m.getKind()));
    out.family("millrace_disk_call_duration_seconds", "histogram");
    kinds.forEach(m -> out.histogram(LatencySteps.FINE.of(m), "call", m.getKind()));
  }

  private void volumes(List<VolumeMeter> volumes) {
    out.family("millrace_volume_bytes_total", "counter");
    ofVolumes(volumes, Meter::getBytes);
    out.family("millrace_volume_errors_total", "counter");
    ofVolumes(volumes, Meter::getErrors);
    out.family("millrace_volume_requests_in_flight", "gauge");
    ofVolumes(volumes, Meter::getInFlight);
    out.family("millrace_volume_writes_waiting", "gauge");
    volumes.forEach(
        v -> out.sample(v.getWritesWaiting(), "volume", v.getId(), "name", v.getName()));
    out.family("millrace_volume_stalled_seconds_total", "counter");
    volumes.forEach(
        v ->
            out.sample(
                v.getStalledNanos() / NANOS_PER_SECOND, "volume", v.getId(), "name", v.getName()));
    out.family("millrace_volume_request_duration_seconds", "histogram");
    for (VolumeMeter v : volumes) {
      for (Meter m : v.getRequestsList()) {
        out.histogram(
            LatencySteps.COARSE.of(m),
            "volume",
            v.getId(),
            "name",
            v.getName(),
            "request",
            m.getKind());
      }
    }
  }

  private void ofVolumes(List<VolumeMeter> volumes, ToLongFunction<Meter> value) {
    for (VolumeMeter v : volumes) {
      for (Meter m : v.getRequestsList()) {
        long number = value.applyAsLong(m);
        out.sample(number, "volume", v.getId(), "name", v.getName(), "request", m.getKind());
      }
    }
  }

  private void gauge(String name, long value) {
    out.family("millrace_" + name, "gauge");
    out.sample(value);
  }

  private void counter(String name, long value) {
    out.family("millrace_" + name + "_total", "counter");
    out.sample(value);
  }
}
