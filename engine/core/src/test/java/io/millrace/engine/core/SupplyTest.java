package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When to clean, when to checkpoint and whom to slow down, by how many segments there are. */
class SupplyTest {
  /** Writers leave 11 to others, and a checkpoint takes 6 at most. */
  private static Supply of(int atHand, int soon, int packable) {
    return new Supply(768, atHand, soon, 11, packable, 6);
  }

  @ParameterizedTest
  @CsvSource({
    // at hand, soon, packable: clean, checkpoint
    "300, 300, 100, false, false", // there is enough
    "300, 310, 300, false, false", // much is dead, and dies further by itself
    "91, 691, 5, false, false",
    "90, 690, 5, false, true", // it brings a lot, so it comes early
    "40, 50, 180, true, false",
    "21, 33, 180, true, false", // it would bring too little
    "21, 34, 180, true, true",
    "22, 35, 180, true, false", // there is still enough at hand
    "14, 20, 24, true, false", // nearly full: the cleaner begins late
    "17, 21, 24, false, false",
    "13, 20, 24, true, true", // and a checkpoint is worth it that brings less
    "13, 20, 23, false, true", // nothing would be gained by cleaning
  })
  void theCleanerAndCheckpointsComeInTimeButNoEarlier(
      int atHand, int soon, int packable, boolean clean, boolean checkpoint) {
    Supply supply = of(atHand, soon, packable);
    assertEquals(clean, supply.wantsCleaning());
    assertEquals(checkpoint, supply.wantsCheckpoint());
  }

  @ParameterizedTest
  @CsvSource({
    "100, 100, 180, 1, 1",
    "30, 39, 180, 0.5, 1",
    "20, 33, 180, 0.25, 0.9",
    "16, 33, 180, 0.25, 0.5",
    "11, 33, 180, 0.25, 0",
    "9, 20, 180, 0, 0",
  })
  void writersAreSlowedDownBeforeTheyWouldHaveToStop(
      int atHand, int soon, int packable, double cleaned, double paceAtHand) {
    Pace pace = of(atHand, soon, packable).pace(true);
    assertEquals(cleaned, pace.cleaned());
    assertEquals(paceAtHand, pace.atHand());
  }

  @ParameterizedTest
  @CsvSource({"100, 1", "16, 0.5", "3, 0"})
  void withoutCleaningOnlyACheckpointIsWaitedFor(int atHand, double paceAtHand) {
    assertEquals(new Pace(1, paceAtHand), of(atHand, atHand + 18, 180).pace(false));
  }

  @ParameterizedTest
  @CsvSource({"9, 9, 0, 1", "0, 0, 0, 0", "12, 14, 1, 40"})
  void aStoreOfAFewSegmentsHasMarksToo(int atHand, int soon, int packable, int checkpoint) {
    Supply supply = new Supply(16, atHand, soon, 7, packable, checkpoint);
    assertEquals(supply.hurryMark() + 2, supply.cleaningMark());
    assertEquals(7 + 4 + 1, supply.brakeMark());
  }
}
