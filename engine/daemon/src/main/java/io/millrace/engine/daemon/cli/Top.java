package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.Meters;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.VolumeMeter;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.cli.Output.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a store and its volumes did between two looks at the daemon's meters: pure.
 *
 * @param seconds between the two
 * @param now counters and levels at the second look
 * @param writeAmplification bytes written to the disk for each byte that users wrote
 * @param cacheHitPercent of the blocks of reads that were found in memory
 */
record Top(
    double seconds,
    Stats now,
    double writeAmplification,
    double cacheHitPercent,
    List<TopRow> volumes) {
  private static final double NANOS_PER_SECOND = 1e9;

  private static final List<String> COLUMNS =
      List.of(
          "VOLUME", "READ/s", "WRITE/s", "READ", "WRITE", "FLUSH/s", "R p50", "R p99", "W p50",
          "W p99", "F p50", "F p99", "QUEUE", "STALL");

  static Top between(Meters before, Meters after, TopOrder order) {
    double seconds =
        Math.max(1e-3, (after.getTakenNanos() - before.getTakenNanos()) / NANOS_PER_SECOND);
    Map<String, VolumeMeter> old = new HashMap<>();
    before.getVolumesList().forEach(v -> old.put(v.getId(), v));
    List<TopRow> rows = new ArrayList<>();
    for (VolumeMeter v : after.getVolumesList()) {
      VolumeMeter was = old.getOrDefault(v.getId(), VolumeMeter.getDefaultInstance());
      rows.add(TopRow.between(was, v, seconds));
    }
    rows.sort(order.rows());
    Stats then = before.getStats();
    Stats now = after.getStats();
    long found = found(now) - found(then);
    long missed = now.getReadBlocksFromDisk() - then.getReadBlocksFromDisk();
    return new Top(
        seconds,
        now,
        ratio(
            now.getDeviceWriteBytes() - then.getDeviceWriteBytes(),
            now.getUserWriteBytes() - then.getUserWriteBytes()),
        100 * ratio(found, found + missed),
        rows);
  }

  private static long found(Stats stats) {
    return stats.getReadBlocksStaged() + stats.getReadBlocksCached();
  }

  private static double ratio(long part, long whole) {
    return whole <= 0 ? 0 : (double) part / whole;
  }

  /** For programs, besides the volumes. */
  List<Field> header() {
    return List.of(
        new Field("seconds", hundredths(seconds)),
        new Field("last_lsn", now.getLastLsn()),
        new Field("durable_lsn", now.getDurableLsn()),
        new Field("next_segment_sequence", now.getNextSegmentSequence()),
        new Field("segments_free", now.getSegmentsFree()),
        new Field("segments_total", now.getSegmentsTotal()),
        new Field("cleaner_debt_bytes", now.getCleanerDebtBytes()),
        new Field("write_amplification", hundredths(writeAmplification)),
        new Field("cache_hit_percent", hundredths(cacheHitPercent)),
        new Field("staged_bytes", now.getStagedBytes()),
        new Field("writes_waiting", now.getWritesWaiting()),
        new Field("disk_calls", now.getDiskCalls()));
  }

  private static double hundredths(double value) {
    return Math.round(value * 100) / 100.0;
  }

  /**
   * For people.
   *
   * @param rowsMax volumes that are shown, of those that are in order
   */
  List<String> lines(int rowsMax) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "log: lsn %d, durable %d, segment %d; %d of %d segments free; cleaner debt %s"
            .formatted(
                now.getLastLsn(),
                now.getDurableLsn(),
                now.getNextSegmentSequence(),
                now.getSegmentsFree(),
                now.getSegmentsTotal(),
                new ByteSize(now.getCleanerDebtBytes())));
    lines.add(
        String.format(
            Locale.ROOT,
            "write amplification %.2f; cache hits %.0f %%; staged %s; waiting writes %d; disk calls"
                + " %d",
            writeAmplification,
            cacheHitPercent,
            new ByteSize(now.getStagedBytes()),
            now.getWritesWaiting(),
            now.getDiskCalls()));
    List<List<String>> rows = new ArrayList<>();
    rows.add(COLUMNS);
    volumes.stream().limit(rowsMax).map(Top::cells).forEach(rows::add);
    lines.addAll(aligned(rows));
    if (volumes.size() > rowsMax) {
      lines.add("and %d more".formatted(volumes.size() - rowsMax));
    }
    return lines;
  }

  private static List<String> cells(TopRow row) {
    return List.of(
        row.name(),
        number(row.reads().count()),
        number(row.writes().count()),
        bytes(row.reads().bytes()),
        bytes(row.writes().bytes()),
        number(row.flushes().count()),
        time(row.reads().p50()),
        time(row.reads().p99()),
        time(row.writes().p50()),
        time(row.writes().p99()),
        time(row.flushes().p50()),
        time(row.flushes().p99()),
        String.valueOf(row.inFlight()),
        number(row.stalledPercent()) + "%");
  }

  /** The first column to the left, the others to the right. */
  private static List<String> aligned(List<List<String>> rows) {
    int[] width = new int[COLUMNS.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < width.length; i++) {
        width[i] = Math.max(width[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(row.getFirst());
      line.repeat(" ", width[0] - row.getFirst().length());
      for (int i = 1; i < width.length; i++) {
        line.repeat(" ", 2 + width[i] - row.get(i).length()).append(row.get(i));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 && value > 0 ? "%.1f" : "%.0f", value);
  }

  private static String bytes(double perSecond) {
    return new ByteSize(Math.round(perSecond)) + "/s";
  }

  private static String time(long micros) {
    if (micros == 0) {
      return "-";
    }
    if (micros < 1000) {
      return micros + "us";
    }
    return micros < 1_000_000
        ? String.format(Locale.ROOT, "%.1fms", micros / 1e3)
        : String.format(Locale.ROOT, "%.1fs", micros / 1e6);
  }
}
