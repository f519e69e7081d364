package io.millrace.engine.daemon.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.api.Meter;
import io.millrace.engine.api.Meters;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.VolumeMeter;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TopTest {
  private static final long SECOND = 1_000_000_000;

  private static Meter meter(String kind, long count, long bytes, long inFlight, long... steps) {
    Meter.Builder meter =
        Meter.newBuilder().setKind(kind).setCount(count).setBytes(bytes).setInFlight(inFlight);
    for (int i = 0; i < steps.length; i += 2) {
      meter.addLatencyMicros(steps[i]).addLatencyCount(steps[i + 1]);
    }
    return meter.build();
  }

  private static VolumeMeter volume(String name, long stalledNanos, Meter... meters) {
    return VolumeMeter.newBuilder()
        .setId("0".repeat(15) + name.length())
        .setName(name)
        .setStalledNanos(stalledNanos)
        .addAllRequests(List.of(meters))
        .build();
  }

  private final Meters before =
      Meters.newBuilder()
          .setTakenNanos(10 * SECOND)
          .setStats(
              Stats.newBuilder()
                  .setUserWriteBytes(1 << 20)
                  .setDeviceWriteBytes(5 << 20)
                  .setReadBlocksCached(100))
          .addVolumes(volume("quiet", 0, meter("write", 1_000_000, 1L << 32, 0, 100, 1_000_000)))
          .addVolumes(volume("busy", 0, meter("read", 50, 50 * 4096, 0, 100, 50)))
          .build();

  private final Meters after =
      Meters.newBuilder()
          .setTakenNanos(12 * SECOND)
          .setStats(
              Stats.newBuilder()
                  .setUserWriteBytes(2 << 20)
                  .setDeviceWriteBytes(8 << 20)
                  .setReadBlocksCached(103)
                  .setReadBlocksFromDisk(1)
                  .setLastLsn(77)
                  .setDurableLsn(75)
                  .setNextSegmentSequence(9)
                  .setSegmentsFree(200)
                  .setSegmentsTotal(250)
                  .setCleanerDebtBytes(4 << 20))
          .addVolumes(
              volume(
                  "quiet",
                  SECOND,
                  meter("write", 1_000_002, (1L << 32) + 1024, 7, 100, 1_000_001, 900_000, 1)))
          .addVolumes(
              volume("busy", 0, meter("read", 250, 250 * 4096, 1, 90, 1, 100, 248, 5000, 1)))
          .addVolumes(volume("new one", 0, meter("flush", 10, 0, 0, 1_500_000, 10)))
          .build();

  private Top top(TopOrder order) {
    return Top.between(before, after, order);
  }

  private List<String> names(TopOrder order) {
    return top(order).volumes().stream().map(TopRow::name).toList();
  }

  @Test
  void ratesAndLatenciesAreThoseOfTheTimeBetween() {
    TopRow busy = top(TopOrder.REQUESTS).volumes().getFirst();
    assertEquals("busy", busy.name());
    assertEquals(100, busy.reads().count());
    assertEquals(100 * 4096, busy.reads().bytes());
    assertEquals(100, busy.reads().p50());
    assertEquals(100, busy.reads().p99());
    TopRow quiet = top(TopOrder.NAME).volumes().getLast();
    assertEquals(1, quiet.writes().count());
    assertEquals(100, quiet.writes().p50());
    assertEquals(900_000, quiet.writes().p99());
    assertEquals(50, quiet.stalledPercent());
    assertEquals(7, quiet.inFlight());
  }

  @Test
  void sortsByWhatIsAskedFor() {
    assertEquals(List.of("busy", "new one", "quiet"), names(TopOrder.REQUESTS));
    assertEquals(List.of("busy", "new one", "quiet"), names(TopOrder.READS));
    assertEquals(List.of("quiet", "busy", "new one"), names(TopOrder.WRITES));
    assertEquals(List.of("busy", "quiet", "new one"), names(TopOrder.BYTES));
    assertEquals(List.of("new one", "quiet", "busy"), names(TopOrder.LATENCY));
    assertEquals(List.of("quiet", "busy", "new one"), names(TopOrder.QUEUE));
    assertEquals(List.of("quiet", "busy", "new one"), names(TopOrder.STALLED));
    assertEquals(List.of("busy", "new one", "quiet"), names(TopOrder.NAME));
  }

  @Test
  void theHeaderTellsOfTheStore() {
    Top top = top(TopOrder.REQUESTS);
    assertEquals(3.0, top.writeAmplification());
    assertEquals(75.0, top.cacheHitPercent());
    List<String> lines = top.lines(20);
    assertEquals(
        "log: lsn 77, durable 75, segment 9; 200 of 250 segments free; cleaner debt 4 MiB",
        lines.get(0));
    assertTrue(lines.get(1).startsWith("write amplification 3.00; cache hits 75 %;"), lines.get(1));
    assertTrue(
        lines.get(3).matches("busy +100 +0 +400 KiB/s .* 100us +100us +- .* 1 +0%"), lines.get(3));
    assertTrue(lines.get(4).contains(" 1.5s "), lines.get(4));
    assertEquals(6, lines.size());
    assertEquals("and 2 more", top.lines(1).getLast());
  }

  @Test
  void nothingBetweenTwoLooksIsNothing() {
    Top idle = Top.between(after, after, TopOrder.REQUESTS);
    assertEquals(0, idle.writeAmplification());
    assertEquals(0, idle.cacheHitPercent());
    for (TopRow row : idle.volumes()) {
      assertEquals(0, row.requests());
      assertEquals(0, row.worstMicros());
    }
  }
}
