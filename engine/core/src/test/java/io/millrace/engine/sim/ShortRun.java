package io.millrace.engine.sim;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A few operations on a small store, cut at one call to the disk; then once more at random. */
final class ShortRun {
  /** Enough that there is something to clean, to merge and to delete. */
  private static final List<Step> BEFORE =
      List.of(
          new Step(Step.Kind.WRITE, 1),
          new Step(Step.Kind.REWRITE, 2),
          new Step(Step.Kind.CREATE_SNAPSHOT, 3),
          new Step(Step.Kind.WRITE, 4),
          new Step(Step.Kind.DRAIN, 5),
          new Step(Step.Kind.WRITE, 6),
          new Step(Step.Kind.REWRITE, 7),
          new Step(Step.Kind.FLUSH, 8),
          new Step(Step.Kind.DRAIN, 9));

  private final List<Step.Kind> sequence;
  private final Simulation simulation;
  private boolean wasCut;
  private int choices;

  ShortRun(Setup setup, List<Step.Kind> sequence, Buffers buffers, Tally tally) {
    this.sequence = sequence;
    simulation = new Simulation(setup, BEFORE, buffers, tally, Narrative.untold());
  }

  /** Whether the sequence was so long. */
  boolean wasCut() {
    return wasCut;
  }

  /** In how many ways writes may have survived the cut. */
  int choices() {
    return choices;
  }

  /**
   * Runs, and recovers.
   *
   * @param calls of the disk until the power fails
   * @param choice which of the writes survive
   * @return what broke a promise, null when nothing did
   */
  @Nullable String cut(int calls, int choice) {
    try {
      simulation.run();
      SimStorage storage = simulation.machine().storage();
      storage.cutAfter(calls);
      try {
        operate();
      } catch (PowerCut cut) {
        wasCut = true;
      }
      storage.cutAfter(SimStorage.NEVER);
      choices = 2 + 2 * storage.writesAtRisk();
      simulation.losePower(new Subset(choice));
      simulation.perform(new Step(Step.Kind.WRITE, calls));
      simulation.perform(new Step(Step.Kind.LOSE_POWER, choice));
      return null;
    } catch (Violation violation) {
      return violation.getMessage();
    }
  }

  private void operate() {
    for (int i = 0; i < sequence.size(); i++) {
      simulation.perform(new Step(sequence.get(i), 100 + i));
      simulation.perform(new Step(Step.Kind.POLL, 2));
    }
    simulation.perform(new Step(Step.Kind.POLL, 40));
  }
}
