package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class StallTest {
  private final Stall stall = new Stall();

  @Test
  void timeInWhichSeveralWritesWaitCountsOnce() {
    stall.begins(100);
    stall.begins(110);
    assertEquals(2, stall.writes());
    assertEquals(0, stall.ends(120));
    assertEquals(30, stall.ends(130));
    assertEquals(30, stall.nanos(500));
    assertEquals(0, stall.writes());
  }

  @Test
  void aStallUnderWayCountsAsFarAsItHasCome() {
    stall.begins(100);
    assertEquals(40, stall.nanos(140));
    assertEquals(0, stall.nanos(90), "by the time of a poll that was before");
    assertEquals(50, stall.ends(150));
    stall.begins(200);
    assertEquals(55, stall.nanos(205));
  }
}
