package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulator notices each of the planted bugs, and nothing when there is none. */
final class MutantTest {
  private static final int SEEDS_MAX = 200;

  /** Up to which seed the store without a bug has passed, for each list of faults. */
  private static final Map<String, Long> PASSED = new HashMap<>();

  @ParameterizedTest
  @EnumSource(Mutant.class)
  void aPlantedBugIsNoticed(Mutant mutant) throws Exception {
    MutantLoader loader = new MutantLoader(mutant);
    LongFunction<@Nullable String> trial = trial(loader, mutant.faults());
    long seed = 1;
    while (seed <= SEEDS_MAX && trial.apply(seed) == null) {
      seed++;
    }
    assertTrue(loader.planted(), "the bug is nowhere: its method is another now");
    assertTrue(seed <= SEEDS_MAX, () -> "%d seeds and nothing was noticed".formatted(SEEDS_MAX));
    withoutTheBugAllSeedsPass(mutant.faults(), seed);
  }

  private static void withoutTheBugAllSeedsPass(String faults, long last) throws Exception {
    LongFunction<@Nullable String> trial = trial(new MutantLoader(null), faults);
    for (long seed = PASSED.getOrDefault(faults, 0L) + 1; seed <= last; seed++) {
      assertNull(trial.apply(seed), "seed " + seed);
    }
    PASSED.merge(faults, last, Math::max);
  }

  @SuppressWarnings("unchecked")
  private static LongFunction<@Nullable String> trial(MutantLoader loader, String faults)
      throws Exception {
    Class<?> type = loader.loadClass(Trial.class.getName());
    return (LongFunction<@Nullable String>)
        type.getDeclaredConstructor(String.class).newInstance(faults);
  }
}
