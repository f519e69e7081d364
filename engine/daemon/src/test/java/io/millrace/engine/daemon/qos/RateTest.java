package io.millrace.engine.daemon.qos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many units begin in how much time, by what was allowed. */
final class RateTest {
  private static final long SECOND = 1_000_000_000;
  private static final long START = Long.MAX_VALUE / 2;

  private final Rate rate = new Rate();

  /** Pieces that begin by that time when somebody asks whenever he was told to. */
  private long begun(long pieceUnits, long untilNanos) {
    long now = START;
    long pieces = 0;
    while (now < START + untilNanos) {
      long wait = rate.dueIn(now);
      if (wait == 0) {
        rate.take(pieceUnits, now);
        pieces++;
      }
      now += wait;
    }
    return pieces;
  }

  @ParameterizedTest
  @CsvSource({
    // units/s, burst s, units of a piece, seconds, pieces in less than that
    "10, 1, 1, 10, 109",
    "10, 1, 1, 1, 19",
    "1, 1, 1, 5, 5",
    "3, 1, 1, 100, 302",
    "10, 60, 1, 10, 699",
    "1000000, 1, 4096, 10, 2686",
    "65536, 1, 1048576, 64, 5", // larger than a burst: what is owed is waited for
  })
  void noMoreBeginsThanIsAllowed(long perSecond, int burst, long piece, int seconds, long pieces) {
    rate.set(perSecond, burst, START);
    assertEquals(pieces, begun(piece, seconds * SECOND));
  }

  @Test
  void whoComesLateLosesNothingOfABurst() {
    rate.set(1000, 1, START);
    assertEquals(1999, begun(1, SECOND));
    long late = START + 3 * SECOND / 2;
    for (int i = 0; i < 501; i++) {
      assertEquals(0, rate.dueIn(late), "half a second later, 500 more than were due then");
      rate.take(1, late);
    }
    assertTrue(rate.dueIn(late) > 0);
  }

  @Test
  void withoutALimitNothingWaits() {
    rate.set(0, 1, START);
    rate.take(Long.MAX_VALUE / 4, START);
    assertEquals(0, rate.dueIn(START));
  }

  @Test
  void aChangeTakesEffectAtOnceAndGivesNoNewBurst() {
    rate.set(1, 1, START);
    rate.take(1, START);
    assertEquals(SECOND, rate.dueIn(START));
    rate.set(100, 1, START);
    assertEquals(0, rate.dueIn(START), "what it waited for at the old rate is forgotten");
    rate.take(1, START);
    assertEquals(SECOND / 100, rate.dueIn(START));
    rate.set(0, 1, START);
    assertEquals(0, rate.dueIn(START));
  }
}
