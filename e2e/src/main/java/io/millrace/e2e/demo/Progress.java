package io.millrace.e2e.demo;

import java.io.PrintStream;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Prints each stage that a desktop reaches, once, with the seconds since the pool was applied. */
final class Progress {
  private final PrintStream out;
  private final long startNanos = System.nanoTime();
  private final Map<String, Map<Stage, Double>> reached = new TreeMap<>();

  Progress(PrintStream out) {
    this.out = out;
  }

  void reached(String desktop, Stage stage, @Nullable String detail) {
    Map<Stage, Double> stages =
        reached.computeIfAbsent(desktop, name -> new EnumMap<>(Stage.class));
    if (stages.containsKey(stage)) {
      return;
    }
    double seconds = seconds();
    stages.put(stage, seconds);
    out.printf(
        Locale.ROOT,
        "  %6.1f s  %-12s %s%s%n",
        seconds,
        desktop,
        stage.words,
        detail == null ? "" : "  " + detail);
  }

  boolean hasReached(String desktop, Stage stage) {
    return reached.getOrDefault(desktop, Map.of()).containsKey(stage);
  }

  /** Seconds since the start, per desktop and stage. */
  Map<String, Map<Stage, Double>> all() {
    return reached;
  }

  double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }
}
