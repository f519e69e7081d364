package io.millrace.engine.core;

import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.BiFunction;

/**
 * {@code FuzzMain [--seconds N] [--seed S]}: coverage-guided fuzzing of everything that reads a
 * disk. The last line is what was done, as JSON; it ends with 1 and the input in hex when a reader
 * is wrong.
 */
final class FuzzMain {
  private static final double NANOS_PER_SECOND = 1e9;

  private FuzzMain() {}

  public static void main(String[] args) throws ReflectiveOperationException {
    List<String> options = List.of(args);
    double seconds = Double.parseDouble(option(options, "--seconds", "20"));
    long seed = Long.parseLong(option(options, "--seed", Long.toString(System.nanoTime())));
    System.out.println("seed " + seed);
    Map<String, Long> counts = run(seed, (long) (seconds * NANOS_PER_SECOND));
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
      boolean branches = count.getKey().startsWith("branches");
      boolean isKept = count.getKey().endsWith(" kept");
      inputs += branches || isKept ? 0 : count.getValue();
      kept += isKept ? count.getValue() : 0;
    }
    return "%d inputs, %d of which took a branch first; %d branches; each was refused or served right"
        .formatted(inputs, kept, counts.getOrDefault("branches", 0L));
  }

  private static String option(List<String> options, String name, String otherwise) {
    int at = options.indexOf(name);
    return at < 0 ? otherwise : options.get(at + 1);
  }

  /** Runs by the name of the structure, and how many branches were taken. */
  @SuppressWarnings("unchecked") // The name decides the type.
  static Map<String, Long> run(long seed, long nanos) throws ReflectiveOperationException {
    Class<?> type = new CoverageLoader().loadClass(FuzzedParsers.class.getName());
    var runs =
        (BiFunction<Long, Long, Map<String, Long>>) type.getDeclaredConstructor().newInstance();
    return runs.apply(seed, nanos);
  }
}
