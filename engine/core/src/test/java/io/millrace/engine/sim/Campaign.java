package io.millrace.engine.sim;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs seed after seed, adds up what they did, and turns a failing one into a report. */
final class Campaign {
  private static final int SHRINK_TRIALS_MAX = 400;

  private final Buffers buffers = new Buffers();
  private final int stepsPerSeed;
  private long seeds;
  private long steps;
  private long crashes;
  private long recoveries;
  private long answers;
  private long changes;

  Campaign(int stepsPerSeed) {
    this.stepsPerSeed = stepsPerSeed;
  }

  /** Null when the seed's run went well, else what to tell. */
  @Nullable String run(long seed) {
    Setup setup = Setup.of(seed);
    List<Step> all = Workload.steps(setup, stepsPerSeed);
    Violation violation = attempt(setup, all);
    return violation == null ? null : explain(setup, all, violation);
  }

  /** Null when the run went well. */
  @Nullable Violation attempt(Setup setup, List<Step> list) {
    return attempt(setup, list, Narrative.untold());
  }

  private @Nullable Violation attempt(Setup setup, List<Step> list, Narrative narrative) {
    Simulation simulation = new Simulation(setup, list, buffers, narrative);
    try {
      Simulation.Report report = simulation.run();
      seeds++;
      steps += report.steps();
      crashes += report.crashes();
      recoveries += report.recoveries();
      answers += report.answers();
      changes += report.changes();
      return null;
    } catch (Violation violation) {
      return violation;
    }
  }

  String explain(Setup setup, List<Step> all, Violation first) {
    List<Step> few = Shrinker.shrink(all, list -> attempt(setup, list) != null, SHRINK_TRIALS_MAX);
    Narrative narrative = Narrative.told();
    Violation last = attempt(setup, few, narrative);
    StringBuilder text = new StringBuilder();
    text.append(
        "seed %d with %d steps breaks a promise: %s%n"
            .formatted(setup.seed(), stepsPerSeed, first.getMessage()));
    text.append("replay: ./dev sim --seed %d --steps %d%n".formatted(setup.seed(), stepsPerSeed));
    text.append("%s%n%d steps are enough:%n".formatted(setup, few.size()));
    few.forEach(step -> text.append("  ").append(step).append('\n'));
    text.append("what happens:\n");
    narrative.lines().forEach(line -> text.append("  ").append(line).append('\n'));
    Violation shown = last == null ? first : last;
    text.append("and then: ").append(shown.getMessage()).append('\n');
    Arrays.stream(origin(shown).getStackTrace())
        .limit(25)
        .forEach(frame -> text.append("    at ").append(frame).append('\n'));
    return text.toString();
  }

  private static Throwable origin(Throwable thrown) {
    Throwable origin = thrown;
    for (Throwable cause = thrown.getCause(); cause != null; cause = cause.getCause()) {
      origin = cause;
    }
    return origin;
  }

  long seeds() {
    return seeds;
  }

  long crashes() {
    return crashes;
  }

  long changes() {
    return changes;
  }

  /** One line. */
  String summary(double seconds) {
    return "%d seeds (%.1f/s), %d steps, %d crashes, %d recoveries, %d answers, %d changes in %.1f s"
        .formatted(seeds, seeds / seconds, steps, crashes, recoveries, answers, changes, seconds);
  }
}
