package io.millrace.engine.core;

import java.util.ArrayList;
import java.util.List;

/** What a check has found so far; of very many the first are kept and the rest are counted. */
final class Findings {
  private static final int KEPT_MAX = 1_000;

  private final List<Finding> kept = new ArrayList<>();
  private long damages;
  private long warnings;

  void add(Finding finding) {
    if (finding.severity() == Finding.Severity.DAMAGE) {
      damages++;
    } else {
      warnings++;
    }
    if (!full()) {
      kept.add(finding);
    }
  }

  /** Adds the finding unless the rule holds. */
  void rule(boolean holds, Finding finding) {
    if (!holds) {
      add(finding);
    }
  }

  /** More are only counted: nobody should go to lengths to describe them. */
  boolean full() {
    return kept.size() >= KEPT_MAX;
  }

  List<Finding> kept() {
    return kept;
  }

  long damages() {
    return damages;
  }

  long warnings() {
    return warnings;
  }
}
