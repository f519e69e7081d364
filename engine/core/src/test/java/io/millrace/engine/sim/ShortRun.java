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

  /** What is done between the beginning and the cut. */
  interface Operations {
    void on(Simulation simulation);
  }

  static final int KILL = -1;

  private final Operations operations;
  private final Simulation simulation;
  private boolean wasCut;
  private int choices;

  ShortRun(Setup setup, Operations operations, Buffers buffers, Tally tally) {
    this.operations = operations;
    simulation = new Simulation(setup, BEFORE, buffers, tally, Narrative.untold());
  }

  /** Whether there were so many calls. */
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
   * @param choice which of the writes survive; {@link #KILL}: only the process dies
   * @return what broke a promise, null when nothing did
   */
  @Nullable String cut(int calls, int choice) {
    try {
      simulation.run();
      SimStorage storage = simulation.machine().storage();
      storage.cutAfter(calls);
      try {
        operations.on(simulation);
        simulation.perform(new Step(Step.Kind.POLL, 40));
      } catch (PowerCut cut) {
        wasCut = true;
      }
      storage.cutAfter(SimStorage.NEVER);
      choices = 2 + 2 * storage.writesAtRisk();
      if (choice == KILL) {
        simulation.perform(new Step(Step.Kind.LOSE_PROCESS, calls));
      } else {
        simulation.losePower(new Subset(choice));
      }
      simulation.perform(new Step(Step.Kind.WRITE, calls));
      simulation.perform(new Step(Step.Kind.LOSE_POWER, choice));
      return null;
    } catch (Violation violation) {
      return violation.getMessage();
    }
  }
}
