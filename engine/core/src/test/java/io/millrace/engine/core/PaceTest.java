package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fewer segments are free, the more of the disk is the cleaner's, the less the writers'. */
class PaceTest {
  private static final String UNLIMITED = "" + TokenBucket.UNLIMITED;
  private static final long SECOND = 1_000_000_000;
  private static final long LUMP = 100;

  @ParameterizedTest
  @CsvSource({
    // disk, cleaned, at hand: cleaner, writers
    "0, 0.5, 0.5, " + UNLIMITED + ", " + UNLIMITED, // nothing is known of the disk
    "3200, 1, 1, 100, " + UNLIMITED, // nothing is needed
    "3200, 0.75, 1, 800, 2400",
    "3200, 0.5, 1, 1600, 1600",
    "3200, 0.5, 0.25, 400, 800", // a checkpoint should come first
    "3200, 1, 0.25, 100, 800",
    "3200, 0.5, 0, 100, 100", // the least that either gets
    "3200, 0, 1, " + UNLIMITED + ", 100", // the cleaner is in a hurry
  })
  void theSharesFollowTheNeed(
      long disk, double cleaned, double atHand, long cleaner, long writers) {
    Pace pace = new Pace(cleaned, atHand);
    assertEquals(cleaner, pace.cleanerBytesPerSecond(disk));
    assertEquals(writers, pace.writersBytesPerSecond(disk));
  }

  @ParameterizedTest
  @CsvSource({"5, 0", "10, 0", "15, 0.5", "20, 1", "500, 1"})
  void marksAreTheEndsOfTheScale(int segments, double part) {
    assertEquals(part, Pace.between(segments, 10, 20));
  }

  @Test
  void whatIsMovedBeyondWhatIsThereIsOwed() {
    TokenBucket bucket = new TokenBucket(LUMP);
    bucket.rate(1000, 0);
    bucket.take(500);
    assertFalse(bucket.allows(0));
    assertEquals(1 + SECOND * 6 / 10, bucket.dueIn(0));
    assertFalse(bucket.allows(SECOND * 59 / 100));
    assertTrue(bucket.allows(bucket.dueIn(0)));
  }

  @Test
  void smallPiecesComeInLumps() {
    TokenBucket bucket = new TokenBucket(LUMP);
    bucket.rate(1000, 0);
    bucket.take(1);
    assertFalse(bucket.allows(SECOND / 20));
    for (int piece = 0; piece < LUMP; piece += 10) {
      assertTrue(bucket.allows(SECOND));
      bucket.take(10);
    }
    assertFalse(bucket.allows(SECOND));
  }

  @Test
  void aRestSavesUpNoMoreThanALump() {
    TokenBucket bucket = new TokenBucket(LUMP);
    bucket.rate(1000, 0);
    assertTrue(bucket.allows(1000 * SECOND));
    bucket.take(LUMP);
    assertFalse(bucket.allows(1000 * SECOND));
  }

  @Test
  void withoutALimitNothingIsOwed() {
    TokenBucket bucket = new TokenBucket(LUMP);
    bucket.take(1L << 40);
    assertTrue(bucket.allows(0));
    bucket.rate(1000, 0);
    bucket.take(1L << 40);
    assertFalse(bucket.allows(SECOND));
    bucket.rate(TokenBucket.UNLIMITED, SECOND);
    assertTrue(bucket.allows(SECOND));
    assertEquals(0, bucket.dueIn(SECOND));
  }
}
