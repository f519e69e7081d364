package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.List;

/** Delta debugging: leaves out ever smaller runs of steps while the rest still fails. */
final class Shrinker {
  private Shrinker() {}

  /** Whether steps break a promise. */
  interface Trial {
    boolean fails(List<Step> steps);
  }

  /**
   * The shortest failing list found.
   *
   * @param trialsMax gives up after so many runs
   */
  static List<Step> shrink(List<Step> failing, Trial trial, int trialsMax) {
    List<Step> shortest = failing;
    int trials = 0;
    for (int chunk = Math.max(1, failing.size() / 2); chunk >= 1; chunk = next(chunk)) {
      for (int from = 0; from < shortest.size() && trials < trialsMax; ) {
        List<Step> rest = without(shortest, from, chunk);
        trials++;
        if (trial.fails(rest)) {
          shortest = rest;
        } else {
          from += chunk;
        }
      }
      if (chunk == 1) {
        break;
      }
    }
    return shortest;
  }

  private static int next(int chunk) {
    return Math.max(1, chunk / 2);
  }

  private static List<Step> without(List<Step> steps, int from, int count) {
    List<Step> rest = new ArrayList<>(steps.subList(0, from));
    rest.addAll(steps.subList(Math.min(steps.size(), from + count), steps.size()));
    return rest;
  }
}
