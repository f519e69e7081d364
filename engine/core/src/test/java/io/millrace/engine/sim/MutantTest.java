package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulator notices each of the planted bugs, and nothing when there is none. */
final class MutantTest {
  private static final int SEEDS_MAX = 200;

  private static final MutantLoader UNCHANGED = new MutantLoader(null);

  /** What has passed without a bug already: a list of faults and a seed. */
  private static final Set<String> PASSED = new HashSet<>();

  @ParameterizedTest
  @EnumSource(Mutant.class)
  void aPlantedBugIsNoticed(Mutant mutant) throws Exception {
    MutantLoader loader = new MutantLoader(mutant);
    LongFunction<@Nullable String> trial = trial(loader, mutant.faults());
    long first = mutant.firstSeed();
    long seed = first;
    while (seed < first + SEEDS_MAX && trial.apply(seed) == null) {
      seed++;
    }
    assertTrue(loader.planted(), "the bug is nowhere: its method is another now");
    assertTrue(
        seed < first + SEEDS_MAX, () -> "%d seeds and nothing was noticed".formatted(SEEDS_MAX));
    System.out.printf("%s: noticed at seed %d%n", mutant, seed);
    withoutTheBugAllSeedsPass(mutant.faults(), first, seed);
  }

  private static void withoutTheBugAllSeedsPass(String faults, long first, long last)
      throws Exception {
    LongFunction<@Nullable String> trial = trial(UNCHANGED, faults);
    for (long seed = first; seed <= last; seed++) {
      if (PASSED.add(faults + seed)) {
        assertNull(trial.apply(seed), "seed " + seed);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static LongFunction<@Nullable String> trial(MutantLoader loader, String faults)
      throws Exception {
    Class<?> type = loader.loadClass(Trial.class.getName());
    return (LongFunction<@Nullable String>)
        type.getDeclaredConstructor(String.class).newInstance(faults);
  }
}
