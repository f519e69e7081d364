package io.millrace.engine.daemon.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.api.Meter;
import io.millrace.engine.api.Meters;
import io.millrace.engine.api.Scrub;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.StoreState;
import io.millrace.engine.api.VolumeMeter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MetricsTextTest {
  private static final Meter WRITES =
      Meter.newBuilder()
          .setKind("write")
          .setCount(6)
          .setErrors(1)
          .setBytes(20480)
          .setInFlight(2)
          .setNanos(1_500_000_000)
          .addLatencyMicros(31)
          .addLatencyCount(3)
          .addLatencyMicros(33)
          .addLatencyCount(2)
          .addLatencyMicros(60_000_000)
          .addLatencyCount(1)
          .build();

  private final String text =
      MetricsText.of(
          Store.newBuilder().setState(StoreState.SERVING).setFreeBytes(7).build(),
          Meters.newBuilder()
              .setStats(
                  Stats.newBuilder()
                      .setUserWrites(3)
                      .setUserWriteBytes(1000)
                      .setDeviceWriteBytes(1500)
                      .setReadBlocksCached(1)
                      .setReadBlocksFromDisk(3)
                      .setDurableLsn(12)
                      .setSegmentsFree(5))
              .addRequests(WRITES)
              .addDisk(WRITES)
              .addVolumes(volume("00000000000000aa", "plain"))
              .addVolumes(volume("00000000000000bb", "a \"b\" \\ c, d=\"}"))
              .setReactorAllocatedBytes(99)
              .build(),
          Scrub.newBuilder().setDamagedBlocks(2).build());

  private final Map<String, Double> values = PrometheusParser.parse(text);

  private static VolumeMeter volume(String id, String name) {
    return VolumeMeter.newBuilder()
        .setId(id)
        .setName(name)
        .addRequests(WRITES)
        .setStalledNanos(250_000_000)
        .setWritesWaiting(4)
        .build();
  }

  private double value(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new AssertionError("no " + name + " in " + values.keySet());
    }
    return value;
  }

  @Test
  void everyFieldOfTheStatsIsThereAsACounterOrALevel() {
    for (var field : Stats.getDescriptor().getFields()) {
      String name = "millrace_" + field.getName();
      assertTrue(values.containsKey(name + "{}") || values.containsKey(name + "_total{}"), name);
    }
    assertEquals(3, value("millrace_user_writes_total{}"));
    assertEquals(5, value("millrace_segments_free{}"));
    assertEquals(12, value("millrace_durable_lsn{}"));
    assertEquals(7, value("millrace_store_free_bytes{}"));
    assertEquals(1, value("millrace_store_serving{}"));
    assertEquals(2, value("millrace_damaged_blocks{}"));
    assertEquals(99, value("millrace_reactor_allocated_bytes_total{}"));
    assertEquals(1.5, value("millrace_write_amplification_ratio{}"));
    assertEquals(0.25, value("millrace_cache_hit_ratio{}"));
  }

  @Test
  void latenciesAreCountedBelowEachBound() {
    String bucket = "millrace_request_duration_seconds_bucket{";
    assertEquals(3, value(bucket + "le=0.000032, request=write}"));
    assertEquals(5, value(bucket + "le=0.000064, request=write}"));
    assertEquals(5, value(bucket + "le=16.777216, request=write}"));
    assertEquals(6, value(bucket + "le=+Inf, request=write}"));
    assertEquals(1.5, value("millrace_request_duration_seconds_sum{request=write}"));
    assertEquals(6, value("millrace_disk_call_duration_seconds_count{call=write}"));
  }

  @Test
  void eachVolumeHasItsOwn() {
    String labels = "{name=plain, request=write, volume=00000000000000aa}";
    assertEquals(20480, value("millrace_volume_bytes_total" + labels));
    assertEquals(1, value("millrace_volume_errors_total" + labels));
    assertEquals(2, value("millrace_volume_requests_in_flight" + labels));
    assertEquals(6, value("millrace_volume_request_duration_seconds_count" + labels));
    String stalled = "{name=plain, volume=00000000000000aa}";
    assertEquals(0.25, value("millrace_volume_stalled_seconds_total" + stalled));
    assertEquals(4, value("millrace_volume_writes_waiting" + stalled));
  }

  @Test
  void aNameMayHoldAnything() {
    assertEquals(
        4,
        value(
            "millrace_volume_writes_waiting{name=a \\\"b\\\" \\\\ c, d=\\\"},"
                + " volume=00000000000000bb}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# TYPE a gauge\na 1",
        "a 1\n",
        "# TYPE a gauge\nb 1\n",
        "# TYPE a gauge\na 1\na 2\n",
        "# TYPE a gauge\na{x=\"y} 1\n",
        "# TYPE a gauge\na{x=\"y\",} 1\n",
        "# TYPE a counter\na 1\n",
        "# TYPE a gauge\n# TYPE a gauge\n",
        "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
        "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
      })
  void theParserOfThisTestIsStrict(String bad) {
    assertThrows(AssertionError.class, () -> PrometheusParser.parse(bad));
  }
}
