package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SegmentTableTest {
  private final SegmentTable table = new SegmentTable(Geometry.of(16 << 16, 1 << 16));

  private void reserve(int... segments) {
    table.reserve(segments);
    table.passOverMax(2);
  }

  @Test
  void theLogTakesFromTheFrontAndACheckpointFromTheEnd() {
    reserve(3, 5, 7, 9, 11);
    assertEquals(3, table.takeForLog(0));
    assertEquals(11, table.takeForCheckpoint());
    assertEquals(5, table.takeForLog(0));
    assertArrayEquals(new int[] {7, 9}, table.remainingReserve());
  }

  @Test
  void whatIsBeingReadIsPassedOverButNotFarAndKeepsItsTurn() {
    reserve(3, 5, 7, 9, 11);
    table.readers[3]++;
    table.readers[11]++;
    assertEquals(5, table.takeForLog(0));
    assertEquals(9, table.takeForCheckpoint());
    table.readers[7]++;
    assertEquals(-1, table.takeForLog(0), "11 would be a gap of two");
    table.readers[3]--;
    assertEquals(3, table.takeForLog(0));
  }

  @Test
  void onlyReadersOfWhatCouldBeTakenCount() {
    reserve(3, 5);
    table.readers[7]++;
    assertFalse(table.reserveHasReaders());
    table.readers[5]++;
    assertTrue(table.reserveHasReaders());
  }

  @Test
  void whatACheckpointGivesBackCanBeTakenAgain() {
    reserve(3, 5, 7);
    int taken = table.takeForCheckpoint();
    table.giveBack(taken);
    assertArrayEquals(new int[] {3, 5, 7}, table.remainingReserve());
    assertEquals(15, table.freeCount());
  }

  /** Else checkpoints that free nothing would follow each other for as long as a write takes. */
  @Test
  void aSegmentIsReclaimableWhenNothingIsOnItsWayThere() {
    reserve(3, 5, 7);
    int before = table.reclaimable();
    int segment = table.takeForLog(0);
    table.writeBegins(segment);
    table.seal(segment, 4, 1);
    assertEquals(before, table.reclaimable());
    assertEquals(1, table.writesUnderWay(), "so it is not hopeless");
    table.writeEnds(segment);
    assertEquals(0, table.writesUnderWay());
    assertEquals(before + 1, table.reclaimable());
    table.markLive(Location.of(segment, 1));
    assertEquals(before, table.reclaimable());
    table.kill(Location.of(segment, 1));
    assertEquals(before + 1, table.reclaimable());
  }
}
