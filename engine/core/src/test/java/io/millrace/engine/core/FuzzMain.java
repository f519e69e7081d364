package io.millrace.engine.core;

import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.BiFunction;

/**
 * {@code FuzzMain [--seconds N] [--seed S] CLASS…}: coverage-guided fuzzing by each of these
 * classes, for its share of the time; {@link FuzzedParsers} if none is named. The last line is what
 * was done, as JSON; it ends with 1 and the input in hex when something is wrong.
 */
public final class FuzzMain {
  private static final double NANOS_PER_SECOND = 1e9;

  private FuzzMain() {}

  public static void main(String[] args) throws ReflectiveOperationException {
    List<String> options = List.of(args);
    double seconds = Double.parseDouble(option(options, "--seconds", "20"));
    long seed = Long.parseLong(option(options, "--seed", Long.toString(System.nanoTime())));
    System.out.println("seed " + seed);
    List<String> classes = options.stream().filter(word -> word.indexOf('.') > 0).toList();
    if (classes.isEmpty()) {
      classes = List.of(FuzzedParsers.class.getName());
    }
    Map<String, Long> counts = new TreeMap<>();
    for (String fuzzed : classes) {
      long nanos = (long) (seconds * NANOS_PER_SECOND / classes.size());
      String where = " of " + fuzzed.substring(fuzzed.lastIndexOf('.') + 1);
      run(fuzzed, seed, nanos)
          .forEach((name, count) -> counts.put(isBranches(name) ? name + where : name, count));
    }
    counts.forEach((name, count) -> System.out.printf("%9d %s%n", count, name));
    System.out.println(summary(counts));
    StringJoiner json = new StringJoiner(", ", "{\"seed\": " + seed + ", ", "}");
    counts.forEach((name, count) -> json.add("\"%s\": %d".formatted(name, count)));
    System.out.println(json);
  }

  private static String summary(Map<String, Long> counts) {
    long inputs = 0;
    long kept = 0;
    for (Map.Entry<String, Long> count : counts.entrySet()) {
      boolean isKept = count.getKey().endsWith(" kept");
      inputs += isBranches(count.getKey()) || isKept ? 0 : count.getValue();
      kept += isKept ? count.getValue() : 0;
    }
    return "%d inputs, %d of which took a branch first; each was refused or done right"
        .formatted(inputs, kept);
  }

  private static boolean isBranches(String name) {
    return name.startsWith("branches");
  }

  private static String option(List<String> options, String name, String otherwise) {
    int at = options.indexOf(name);
    return at < 0 ? otherwise : options.get(at + 1);
  }

  /** Runs by the name of what was fuzzed, and how many branches were taken. */
  @SuppressWarnings("unchecked") // The name decides the type.
  public static Map<String, Long> run(String fuzzed, long seed, long nanos)
      throws ReflectiveOperationException {
    Class<?> type = new CoverageLoader(fuzzed).loadClass(fuzzed);
    var runs =
        (BiFunction<Long, Long, Map<String, Long>>) type.getDeclaredConstructor().newInstance();
    return runs.apply(seed, nanos);
  }
}
