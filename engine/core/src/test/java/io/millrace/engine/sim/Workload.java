package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.List;

/** Draws the steps of a run from its seed, by weight; half of the runs import volumes. */
final class Workload {
  private static final int IMPORTS_PERCENT = 5;

  private Workload() {}

  static List<Step> steps(Setup setup, int count) {
    Dice dice = new Dice(setup.seed());
    Dice own = new Dice(setup.seed() ^ 0x1317_0A7EL);
    int imports = own.oneOf(0, IMPORTS_PERCENT);
    List<Step> steps = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Step step = new Step(kind(setup, dice), dice.next());
      steps.add(own.percent(imports) ? new Step(Step.Kind.IMPORT, step.salt()) : step);
    }
    if (setup.faults().isEmpty()) {
      steps.add(new Step(Step.Kind.EMPTY, dice.next()));
    }
    return steps;
  }

  private static Step.Kind kind(Setup setup, Dice dice) {
    if (!setup.faults().isEmpty() && dice.percent(2)) {
      return Step.Kind.FAIL_CALL;
    }
    if (setup.mayLie() && dice.percent(1)) {
      return Step.Kind.DAMAGE;
    }
    int sum = 0;
    for (Step.Kind kind : Step.Kind.values()) {
      sum += setup.scale().weight(kind);
    }
    int drawn = dice.below(sum);
    for (Step.Kind kind : Step.Kind.values()) {
      drawn -= setup.scale().weight(kind);
      if (drawn < 0) {
        return kind;
      }
    }
    throw new AssertionError("weights don't add up");
  }
}
