package io.millrace.engine.core;

import java.util.Optional;

/**
 * How much of its store a volume may use. 0 is what a volume has that nobody has limited.
 *
 * @param iops reads, writes, discards and write-zeroes in a second; 0: no limit
 * @param bytesPerSecond read and written; 0: no limit
 * @param burstSeconds what it did not use of its limits may be used later, so many seconds' worth;
 *     0: {@link #BURST_SECONDS_DEFAULT}
 * @param weight its share beside others that want the same; 0: {@link #WEIGHT_DEFAULT}
 */
public record Limits(long iops, long bytesPerSecond, int burstSeconds, int weight) {
  /** Of a volume that nobody has limited. */
  public static final Limits NONE = new Limits(0, 0, 0, 0);

  public static final int BURST_SECONDS_DEFAULT = 1;
  public static final int WEIGHT_DEFAULT = 100;

  static final long IOPS_MAX = 10_000_000;
  static final long BYTES_PER_SECOND_MIN = 64 << 10;
  static final long BYTES_PER_SECOND_MAX = 1L << 40;
  static final int BURST_SECONDS_MAX = 3600;
  static final int WEIGHT_MAX = 10_000;

  /** The burst that counts. */
  public int burstSecondsOrDefault() {
    return burstSeconds == 0 ? BURST_SECONDS_DEFAULT : burstSeconds;
  }

  /** The weight that counts. */
  public int weightOrDefault() {
    return weight == 0 ? WEIGHT_DEFAULT : weight;
  }

  /** Why a volume can't have them; empty when it can. */
  public Optional<String> problem() {
    if (iops < 0 || iops > IOPS_MAX) {
      return problem("iops", iops, 1, IOPS_MAX, "no limit");
    }
    boolean tooSlow = bytesPerSecond != 0 && bytesPerSecond < BYTES_PER_SECOND_MIN;
    if (tooSlow || bytesPerSecond > BYTES_PER_SECOND_MAX) {
      return problem(
          "bandwidth", bytesPerSecond, BYTES_PER_SECOND_MIN, BYTES_PER_SECOND_MAX, "no limit");
    }
    if (burstSeconds < 0 || burstSeconds > BURST_SECONDS_MAX) {
      return problem("burst", burstSeconds, 1, BURST_SECONDS_MAX, "1 s");
    }
    if (weight < 0 || weight > WEIGHT_MAX) {
      return problem("weight", weight, 1, WEIGHT_MAX, "100");
    }
    return Optional.empty();
  }

  private static Optional<String> problem(
      String what, long value, long least, long most, String zero) {
    return Optional.of(
        "%s %d can't be: from %d to %d, or 0 for %s".formatted(what, value, least, most, zero));
  }
}
