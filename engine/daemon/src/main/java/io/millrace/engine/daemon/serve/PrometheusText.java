package io.millrace.engine.daemon.serve;

import java.util.Locale;

/**
 * Writes metrics in the text format of Prometheus: families one after the other, each with its
 * type, then its samples.
 */
final class PrometheusText {
  private final StringBuilder out = new StringBuilder();
  private String family = "";

  /**
   * Begins a family; the samples that follow are its.
   *
   * @param type counter, gauge or histogram
   */
  void family(String name, String type) {
    family = name;
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /**
   * @param labels names and values in turn
   */
  void sample(long value, String... labels) {
    line("", value(value), "", "", labels);
  }

  void sample(double value, String... labels) {
    line("", value(value), "", "", labels);
  }

  void histogram(LatencySteps.Histogram histogram, String... labels) {
    for (LatencySteps.Bucket bucket : histogram.buckets()) {
      line("_bucket", value(bucket.below()), "le", value(bucket.boundSeconds()), labels);
    }
    line("_bucket", value(histogram.count()), "le", "+Inf", labels);
    line("_sum", value(histogram.sumSeconds()), "", "", labels);
    line("_count", value(histogram.count()), "", "", labels);
  }

  private void line(String suffix, String value, String lastLabel, String last, String... labels) {
    out.append(family).append(suffix);
    char separator = '{';
    for (int i = 0; i + 1 < labels.length; i += 2) {
      label(separator, labels[i], labels[i + 1]);
      separator = ',';
    }
    if (!lastLabel.isEmpty()) {
      label(separator, lastLabel, last);
      separator = ',';
    }
    out.append(separator == ',' ? "} " : " ").append(value).append('\n');
  }

  private void label(char separator, String name, String value) {
    String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    out.append(separator).append(name).append("=\"").append(escaped).append('"');
  }

  private static String value(long value) {
    return Long.toString(value);
  }

  private static String value(double value) {
    return value == (long) value
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.9f", value).replaceFirst("0+$", "");
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
