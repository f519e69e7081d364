package io.millrace.engine.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/** What happened last, told line by line; only of the run that is shown to people. */
final class Narrative {
  private static final int LINES_MAX = 200;

  private final boolean told;
  private final Deque<String> lines = new ArrayDeque<>();

  private Narrative(boolean told) {
    this.told = told;
  }

  static Narrative told() {
    return new Narrative(true);
  }

  static Narrative untold() {
    return new Narrative(false);
  }

  void add(Supplier<String> line) {
    if (told) {
      lines.add(line.get());
      if (lines.size() > LINES_MAX) {
        lines.remove();
      }
    }
  }

  List<String> lines() {
    return List.copyOf(lines);
  }
}
