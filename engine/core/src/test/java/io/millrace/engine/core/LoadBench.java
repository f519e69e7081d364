package io.millrace.engine.core;

/**
 * What writers feel of staging and cleaning, on disks as clouds sell them and on a spinning one, by
 * a clock of its own.
 *
 * <p>Prints a table: writes a second, and in the worst tenth of a second; how long writes and
 * flushes took; bytes written to the disk for each byte of the user's. Argument: seconds of each
 * run.
 */
final class LoadBench {
  private static final int SEGMENTS = 768;
  private static final int SEGMENT_BYTES = 2 << 20;
  private static final int[] FULL_PERCENT = {10, 80, 90};

  private record Sold(String name, TimedDisk.Speed speed) {}

  private static final Sold[] DISKS = {
    new Sold("3,000/s, 125 MiB/s", new TimedDisk.Speed(3000, 125 << 20, 300_000)),
    new Sold(
        "150/s, 150 MiB/s",
        new TimedDisk.Speed(150, 150 << 20, TimedDisk.Speed.ANY_BYTES, 300_000)),
    new Sold("20,000/s, 600 MiB/s", new TimedDisk.Speed(20_000, 600 << 20, 80_000)),
  };

  private LoadBench() {}

  public static void main(String[] arguments) {
    int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
    System.out.printf(
        "%-30s %9s %9s %9s %9s %9s %9s %9s %7s%n",
        "4 KiB random writes, depth 32",
        "writes/s",
        "worst",
        "p50 ms",
        "p99 ms",
        "max ms",
        "flush p50",
        "p99 ms",
        "bytes");
    for (int full : FULL_PERCENT) {
      TimedLoad load = new TimedLoad(SEGMENTS, SEGMENT_BYTES);
      load.fill(full);
      for (Sold disk : DISKS) {
        print("%2d%% full, %s".formatted(full, disk.name), load.run(disk.speed, seconds));
      }
    }
  }

  private static void print(String name, TimedLoad.Felt felt) {
    System.out.printf(
        "%-30s %9d %9d %9.1f %9.1f %9.1f %9.1f %9.1f %7.2f%n",
        name,
        felt.writesPerSecond(),
        felt.worstPerSecond(),
        felt.writes().millis(50),
        felt.writes().millis(99),
        felt.writes().millis(100),
        felt.flushes().millis(50),
        felt.flushes().millis(99),
        felt.deviceBytes());
  }
}
