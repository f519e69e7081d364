package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
  private static final int FIXED_SEEDS = 40;

  @Test
  void everyFixedSeedKeepsThePromises() {
    Campaign campaign = new Campaign(STEPS);
    for (long seed = 1; seed <= FIXED_SEEDS; seed++) {
      String failure = campaign.run(seed);
      assertNull(failure, failure);
    }
    assertTrue(campaign.crashes() > FIXED_SEEDS, "too few crashes: " + campaign.summary(1));
    assertTrue(campaign.changes() > 50 * FIXED_SEEDS, "too few changes: " + campaign.summary(1));
  }

  @Test
  void oneSeedIsOneHistory() {
    for (long seed = 1; seed <= 4; seed++) {
      assertEquals(run(seed), run(seed), "seed " + seed);
    }
  }

  private static Simulation.Report run(long seed) {
    Setup setup = Setup.of(seed);
    return new Simulation(setup, Workload.steps(setup, STEPS), new Buffers(), Narrative.untold())
        .run();
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
