package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The check of the kill loop notices what it is there for. */
final class SectorHistoryTest {
  private static final long NOTHING = 0;

  private final WriteLog log = new WriteLog();
  private final WriteLog other = new WriteLog();

  /** Sectors 0 and 1 at 1 to 2; 1 and 2 at 3 to 6; 3 at 4 to 5 by another; 0 at 7, unanswered. */
  SectorHistoryTest() {
    log.begin(0, 2, 1);
    log.answered(2);
    log.begin(1, 2, 3);
    log.answered(6);
    log.begin(0, 1, 7);
    other.begin(3, 1, 4);
    other.answered(5);
  }

  private SectorHistory.Since since(long flushedBefore) {
    return new SectorHistory.Since(List.of(log, other), flushedBefore);
  }

  private SectorHistory.Tally accepts(long flushedBefore, long keptBefore, long... found) {
    return new SectorHistory(1, 4).verify(found, since(flushedBefore), keptBefore);
  }

  private void refuses(String why, long flushedBefore, long keptBefore, long... found) {
    AssertionError error =
        assertThrows(AssertionError.class, () -> accepts(flushedBefore, keptBefore, found));
    assertTrue(String.valueOf(error.getMessage()).contains(why), error.getMessage());
  }

  @Test
  void anythingOrNothingOfWhatWasNotFlushedMayBeThere() {
    assertEquals(new SectorHistory.Tally(3, 3, 3), accepts(NOTHING, NOTHING, 0, 0, 0, 0));
    assertEquals(new SectorHistory.Tally(3, 3, 0), accepts(NOTHING, NOTHING, 7, 3, 3, 4));
  }

  @Test
  void whatWasAnsweredBeforeAFlushMustBeThere() {
    accepts(3, NOTHING, 1, 1, 0, 0);
    refuses("sector 1 has stamp 0 and lost 1", 3, NOTHING, 1, 0, 0, 0);
  }

  @Test
  void whatWasAnsweredWhileAFlushRanMayBeLost() {
    accepts(6, NOTHING, 1, 1, 0, 4);
    refuses("sector 3 has stamp 0 and lost 4", 6, NOTHING, 1, 1, 0, 0);
  }

  @Test
  void whatWasAnsweredBeforeALaterWriteThatIsThereMustBeThere() {
    long[] found = {7, 3, 3, 0};
    assertEquals(7, new SectorHistory(1, 4).latest(found));
    accepts(NOTHING, 5, found);
    refuses("sector 3 has stamp 0 and lost 4", NOTHING, 7, found);
  }

  @Test
  void aStampThatNobodyWroteThereIsRefused() {
    refuses("sector 3 has stamp 1, which nobody wrote", NOTHING, NOTHING, 0, 0, 0, 1);
  }

  @Test
  void whatWasFoundOnceStays() {
    SectorHistory history = new SectorHistory(1, 4);
    history.verify(new long[] {1, 1, 0, 0}, since(NOTHING), NOTHING);
    SectorHistory.Since idle = new SectorHistory.Since(List.of(), NOTHING);
    assertThrows(
        AssertionError.class, () -> history.verify(new long[] {1, 0, 0, 0}, idle, NOTHING));
  }
}
