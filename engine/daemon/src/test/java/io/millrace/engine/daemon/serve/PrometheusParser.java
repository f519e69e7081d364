package io.millrace.engine.daemon.serve;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text format of Prometheus, version 0.0.4, and takes nothing that it does not allow:
 * each family once and in one piece, with a type; names, labels and values well-formed; no sample
 * twice; counters named and valued as such; histograms whose buckets grow up to their count.
 */
public final class PrometheusParser {
  private static final Pattern TYPE =
      Pattern.compile("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)");
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? (\\S+)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\\"n])*)\"(,|$)");

  private final Map<String, Double> samples = new LinkedHashMap<>();
  private final Map<String, String> types = new HashMap<>();
  private final Map<String, TreeMap<Double, Double>> buckets = new HashMap<>();
  private final Set<String> families = new HashSet<>();
  private String family = "";

  private PrometheusParser() {}

  /** Values by name and sorted labels, as {@code name{a="b"}}. */
  public static Map<String, Double> parse(String text) {
    PrometheusParser parser = new PrometheusParser();
    if (!text.endsWith("\n")) {
      throw new AssertionError("the last line has no end");
    }
    text.lines().forEach(parser::line);
    parser.checkHistograms();
    return parser.samples;
  }

  private void line(String line) {
    Matcher type = TYPE.matcher(line);
    Matcher sample = SAMPLE.matcher(line);
    if (type.matches()) {
      family = type.group(1);
      require(families.add(family), "twice: " + line);
      types.put(family, type.group(2));
    } else if (sample.matches()) {
      sample(line, sample.group(1), sample.group(2), number(sample.group(3)));
    } else {
      throw new AssertionError("neither a type nor a sample: " + line);
    }
  }

  private void sample(String line, String name, @Nullable String labels, double value) {
    String type = types.getOrDefault(family, "none");
    require(name.startsWith(family) && !family.isEmpty(), "outside its family: " + line);
    String suffix = name.substring(family.length());
    boolean histogram = type.equals("histogram");
    require(
        histogram ? Set.of("_bucket", "_sum", "_count").contains(suffix) : suffix.isEmpty(),
        "not of family " + family + ": " + line);
    require(!type.equals("counter") || family.endsWith("_total"), "name and type: " + line);
    require(type.equals("gauge") || value >= 0, "below 0: " + line);
    Map<String, String> parsed = labels(line, labels);
    String bound = parsed.get("le");
    require((bound != null) == suffix.equals("_bucket"), "le: " + line);
    require(samples.put(name + parsed, value) == null, "twice: " + line);
    if (bound != null) {
      parsed.remove("le");
      String series = family + parsed;
      var ofSeries = buckets.computeIfAbsent(series, _ -> new TreeMap<>());
      double at = number(bound);
      require(ofSeries.isEmpty() || ofSeries.lastKey() < at, "order of buckets: " + line);
      ofSeries.put(at, value);
    }
  }

  private static Map<String, String> labels(String line, @Nullable String labels) {
    Map<String, String> parsed = new TreeMap<>();
    if (labels == null) {
      return parsed;
    }
    Matcher label = LABEL.matcher(labels);
    int at = 0;
    while (at < labels.length()) {
      require(label.find(at) && label.start() == at, "labels: " + line);
      require(parsed.put(label.group(1), label.group(2)) == null, "label twice: " + line);
      at = label.end();
    }
    require(!labels.endsWith(",") && !parsed.isEmpty(), "labels: " + line);
    return parsed;
  }

  private void checkHistograms() {
    buckets.forEach(
        (series, ofSeries) -> {
          double last = 0;
          for (double value : ofSeries.values()) {
            require(value >= last, "buckets shrink: " + series);
            last = value;
          }
          require(ofSeries.lastKey() == Double.POSITIVE_INFINITY, "no +Inf: " + series);
          String count = series.replaceFirst("\\{", "_count{");
          require(samples.getOrDefault(count, -1.0) == last, "count: " + series);
          require(samples.containsKey(series.replaceFirst("\\{", "_sum{")), "sum: " + series);
        });
  }

  private static double number(String text) {
    return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
