package io.millrace.engine.sim;

import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Runs seeds, one at a call; made through a class loader of its own, thus by a JDK interface. */
public final class Trial implements LongFunction<@Nullable String> {
  private static final int STEPS = 200;

  private static final Campaign CAMPAIGN = new Campaign(STEPS);

  private final Set<Fault.Kind> faults;

  /** With a list as of {@code --faults}. */
  public Trial(String faults) {
    this.faults = Fault.parse(faults);
  }

  /** What broke a promise; null when nothing did. */
  @Override
  public @Nullable String apply(long seed) {
    Setup setup = Setup.meeting(seed, faults);
    List<Step> steps = Workload.steps(setup, STEPS);
    Violation violation = CAMPAIGN.attempt(setup, steps);
    return violation == null ? null : violation.getMessage();
  }
}
