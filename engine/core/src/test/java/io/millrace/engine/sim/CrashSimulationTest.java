package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The promises of the store, under crashes and faults of seeds that stay the same; {@code ./dev
 * sim} runs new ones.
 */
final class CrashSimulationTest {
  private static final int STEPS = 300;
  private static final int FIXED_SEEDS = 60;

  @Test
  void everyFixedSeedKeepsThePromises() {
    Campaign campaign = new Campaign(STEPS);
    for (long seed = 1; seed <= FIXED_SEEDS; seed++) {
      String failure = campaign.run(seed);
      assertNull(failure, failure);
    }
    assertNull(campaign.tally().vacuous(), () -> campaign.tally().text(1));
  }

  @Test
  void oneSeedIsOneHistory() {
    for (long seed = 1; seed <= 4; seed++) {
      assertEquals(run(seed), run(seed), "seed " + seed);
    }
  }

  private static long run(long seed) {
    Setup setup = Setup.of(seed);
    List<Step> steps = Workload.steps(setup, STEPS);
    return new Simulation(setup, steps, new Buffers(), new Tally(), Narrative.untold()).run();
  }

  /** A simulator that finds nothing on a disk that lies would find nothing at all. */
  @ParameterizedTest
  @EnumSource(value = BrokenRule.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aDiskThatBreaksARuleIsNoticed(BrokenRule rule) {
    Campaign campaign = new Campaign(STEPS);
    Violation noticed = null;
    for (long seed = 1; noticed == null && seed <= 30; seed++) {
      Setup setup = Setup.of(seed).breaking(rule);
      List<Step> steps = Workload.steps(setup, STEPS);
      noticed = campaign.attempt(setup, steps);
    }
    assertNotNull(noticed, "30 seeds and nothing was noticed");
  }
}
