package io.millrace.csi.volume;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much of its store a volume may use, as its StorageClass says; 0 is what the engine has for
 * usual.
 *
 * @param iops reads, writes and discards per second; 0: no limit
 * @param bytesPerSecond read and written; 0: no limit
 * @param weight its share beside others that want the same
 */
public record VolumeLimits(long iops, long bytesPerSecond, int weight) {
  public static final VolumeLimits NONE = new VolumeLimits(0, 0, 0);

  static final String IOPS = "iops";
  static final String BANDWIDTH = "bandwidth";
  static final String WEIGHT = "weight";
  static final String NAMES = BANDWIDTH + ", " + IOPS + ", " + WEIGHT;

  private static final long IOPS_MAX = 10_000_000;
  private static final long BYTES_PER_SECOND_MIN = 64 << 10;
  private static final long BYTES_PER_SECOND_MAX = 1L << 40;
  private static final int WEIGHT_MAX = 10_000;
  private static final int DIGITS_MAX = 15;

  /** As Kubernetes writes quantities: 1048576, 512Ki, 100Mi, 1Gi. */
  private static final Pattern SIZE = Pattern.compile("([0-9]{1," + DIGITS_MAX + "})([KMG]i)?");

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1," + DIGITS_MAX + "}");

  /** Takes what is said of limits out of the parameters. */
  static VolumeLimits take(Map<String, String> parameters) {
    String iops = parameters.remove(IOPS);
    String bandwidth = parameters.remove(BANDWIDTH);
    String weight = parameters.remove(WEIGHT);
    return new VolumeLimits(
        iops == null ? 0 : number(IOPS, iops, IOPS_MAX),
        bandwidth == null ? 0 : bytesPerSecond(bandwidth),
        weight == null ? 0 : (int) number(WEIGHT, weight, WEIGHT_MAX));
  }

  private static long number(String name, String text, long most) {
    long value = NUMBER.matcher(text).matches() ? Long.parseLong(text) : 0;
    if (value < 1 || value > most) {
      throw CsiFailure.invalid(
          "parameter %s is \"%s\": it can be a number from 1 to %d".formatted(name, text, most));
    }
    return value;
  }

  private static long bytesPerSecond(String text) {
    Matcher size = SIZE.matcher(text);
    long value = size.matches() ? Long.parseLong(size.group(1)) : 0;
    String unit = size.matches() && size.group(2) != null ? size.group(2) : "";
    int shift =
        switch (unit) {
          case "Ki" -> 10;
          case "Mi" -> 20;
          case "Gi" -> 30;
          default -> 0;
        };
    if (value > BYTES_PER_SECOND_MAX >> shift || value << shift < BYTES_PER_SECOND_MIN) {
      throw CsiFailure.invalid(
          "parameter %s is \"%s\": it can be bytes per second from 64Ki to 1024Gi, such as 50Mi"
              .formatted(BANDWIDTH, text));
    }
    return value << shift;
  }
}
