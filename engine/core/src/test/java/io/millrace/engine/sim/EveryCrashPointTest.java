package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * All short sequences of operations on a small store, each with a power loss after every poll: most
 * bugs of this kind need no more than three operations.
 */
final class EveryCrashPointTest {
  private static final List<Step.Kind> OPERATIONS =
      List.of(
          Step.Kind.WRITE,
          Step.Kind.REWRITE,
          Step.Kind.ZERO,
          Step.Kind.FLUSH,
          Step.Kind.CREATE_SNAPSHOT,
          Step.Kind.CLONE_SNAPSHOT,
          Step.Kind.CLONE_VOLUME,
          Step.Kind.DELETE_SNAPSHOT,
          Step.Kind.DELETE_VOLUME,
          Step.Kind.DRAIN);
  private static final int LENGTH = Integer.getInteger("sim.length", 2);
  private static final int POLLS_MAX = 24;

  private final Campaign campaign = new Campaign(0);
  private int runs;

  @Test
  void everyShortSequenceSurvivesAPowerLossAfterEveryPoll() {
    List<Step> before =
        List.of(
            new Step(Step.Kind.WRITE, 1),
            new Step(Step.Kind.CREATE_SNAPSHOT, 2),
            new Step(Step.Kind.DRAIN, 3));
    extend(before, LENGTH);
    assertTrue(runs > 1000, "only %d runs".formatted(runs));
  }

  private void extend(List<Step> steps, int more) {
    if (more == 0) {
      crashEverywhere(steps);
      return;
    }
    for (Step.Kind kind : OPERATIONS) {
      extend(with(steps, new Step(kind, steps.size() * 7L)), more - 1);
    }
  }

  private void crashEverywhere(List<Step> steps) {
    for (int polls = 0; polls < POLLS_MAX; polls += polls < 8 ? 1 : 4) {
      List<Step> all = with(steps, new Step(Step.Kind.POLL, polls));
      all.add(new Step(Step.Kind.LOSE_POWER, runs));
      all.add(new Step(Step.Kind.WRITE, runs));
      all.add(new Step(Step.Kind.LOSE_POWER, ~runs));
      Violation violation = campaign.attempt(Setup.smallest(runs++), all);
      assertNull(violation, () -> "seed %d: %s%n%s".formatted(runs - 1, all, violation));
    }
  }

  private static List<Step> with(List<Step> steps, Step last) {
    List<Step> longer = new ArrayList<>(steps);
    longer.add(last);
    return longer;
  }
}
