package io.millrace.engine.sim;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs seed after seed, adds up what they did, and turns a failing one into a report. */
final class Campaign {
  private static final int SHRINK_TRIALS_MAX = 400;

  private final Buffers buffers = new Buffers();
  private final int stepsPerSeed;
  private final Set<Fault.Kind> faults;
  private final @Nullable Scale scale;
  private final Tally tally = new Tally();

  Campaign(int stepsPerSeed) {
    this(stepsPerSeed, Fault.all(), null);
  }

  /**
   * Makes one that has run nothing.
   *
   * @param faults that runs may meet
   * @param scale of all runs; null: each seed decides
   */
  Campaign(int stepsPerSeed, Set<Fault.Kind> faults, @Nullable Scale scale) {
    this.stepsPerSeed = stepsPerSeed;
    this.faults = faults;
    this.scale = scale;
  }

  Tally tally() {
    return tally;
  }

  /** Null when the seed's run went well, else what to tell. */
  @Nullable String run(long seed) {
    Setup setup = scale == null ? Setup.of(seed, faults) : Setup.of(seed, faults, scale);
    List<Step> all = Workload.steps(setup, stepsPerSeed);
    Violation violation = attempt(setup, all);
    return violation == null ? null : explain(setup, all, violation);
  }

  /** Null when the run went well. */
  @Nullable Violation attempt(Setup setup, List<Step> list) {
    return attempt(setup, list, tally, Narrative.untold());
  }

  private @Nullable Violation attempt(
      Setup setup, List<Step> list, Tally counts, Narrative narrative) {
    try {
      Simulation simulation = new Simulation(setup, list, buffers, counts, narrative);
      simulation.run();
      simulation.machine().countWorks();
      return null;
    } catch (Violation violation) {
      return violation;
    }
  }

  String explain(Setup setup, List<Step> all, Violation first) {
    Tally uncounted = new Tally();
    List<Step> few =
        Shrinker.shrink(
            all,
            list -> attempt(setup, list, uncounted, Narrative.untold()) != null,
            SHRINK_TRIALS_MAX);
    Narrative narrative = Narrative.told();
    Violation last = attempt(setup, few, uncounted, narrative);
    StringBuilder text = new StringBuilder();
    text.append(
        "seed %d with %d steps breaks a promise: %s%n"
            .formatted(setup.seed(), stepsPerSeed, first.getMessage()));
    text.append(
        "replay: ./dev sim --seed %d --steps %d%s%n"
            .formatted(setup.seed(), stepsPerSeed, options()));
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

  private String options() {
    String some = faults.equals(Fault.all()) ? "" : " --faults " + Fault.words(faults);
    return scale == null ? some : some + " --scale " + scale.word();
  }
}
