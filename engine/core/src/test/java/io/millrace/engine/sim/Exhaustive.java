package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every sequence of up to three operations on a small store, cut at every call to the disk: by a
 * kill, and by a power loss with every choice of writes that survive: none, all, each alone, all
 * but each. Most bugs of this kind need no more.
 */
final class Exhaustive {
  static final List<Step.Kind> OPERATIONS =
      List.of(
          Step.Kind.WRITE,
          Step.Kind.REWRITE,
          Step.Kind.DISCARD,
          Step.Kind.ZERO,
          Step.Kind.FLUSH,
          Step.Kind.CREATE_SNAPSHOT,
          Step.Kind.CLONE_SNAPSHOT,
          Step.Kind.DELETE_VOLUME,
          Step.Kind.MERGE,
          Step.Kind.CLEAN,
          Step.Kind.CHECKPOINT,
          Step.Kind.RESIZE);

  private final Buffers buffers = new Buffers();
  private final Tally tally = new Tally();
  private final int operationsMax;

  Exhaustive(int operationsMax) {
    this.operationsMax = operationsMax;
  }

  Tally tally() {
    return tally;
  }

  /** All sequences, the shorter first. */
  List<List<Step.Kind>> sequences() {
    List<List<Step.Kind>> all = new ArrayList<>();
    List<List<Step.Kind>> longest = List.of(List.of());
    for (int length = 1; length <= operationsMax; length++) {
      List<List<Step.Kind>> longer = new ArrayList<>();
      for (List<Step.Kind> sequence : longest) {
        for (Step.Kind kind : OPERATIONS) {
          List<Step.Kind> more = new ArrayList<>(sequence);
          more.add(kind);
          longer.add(more);
        }
      }
      all.addAll(longer);
      longest = longer;
    }
    return all;
  }

  /** Cuts a sequence everywhere; what broke a promise, null when nothing did. */
  @Nullable String run(List<Step.Kind> sequence) {
    String broken = run(sequence.hashCode(), simulation -> perform(sequence, simulation));
    return broken == null ? null : sequence + broken;
  }

  /** Cuts some operations everywhere. */
  @Nullable String run(long seed, ShortRun.Operations operations) {
    Setup setup = Setup.smallest(seed);
    for (int calls = 1; ; calls++) {
      int choices = 1;
      for (int choice = ShortRun.KILL; choice < choices; choice++) {
        ShortRun run = new ShortRun(setup, operations, buffers, tally);
        String broken = run.cut(calls, choice);
        if (broken != null) {
          return " cut at call %d, choice %d of survivors: %s".formatted(calls, choice, broken);
        }
        choices = run.choices();
        if (!run.wasCut()) {
          return null;
        }
      }
    }
  }

  private static void perform(List<Step.Kind> sequence, Simulation simulation) {
    for (int i = 0; i < sequence.size(); i++) {
      simulation.perform(new Step(sequence.get(i), 100 + i));
      simulation.perform(new Step(Step.Kind.POLL, 2));
    }
  }
}
