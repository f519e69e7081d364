package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlushHabitTest {
  /** w: a block is staged; f: a flush comes; at the end is a flush next? */
  @ParameterizedTest
  @CsvSource({
    "'', false",
    "w, false",
    "wf, false",
    "wfwf, false",
    "wfwfw, true",
    "wfwfww, false",
    "wwwfwwwfww, false",
    "wwwfwwwfwww, true",
    "wfwwfw, false",
    "ffw, false",
    "ff, false",
    "wfwffw, false",
    "wwwwwwwwwwwwwwwwwfwwwwwwwwwwwwwwwwwfwwwwwwwwwwwwwwwww, false"
  })
  void aFlushIsNextAfterAsManyBlocksAsTwiceBefore(String history, boolean next) {
    FlushHabit habit = new FlushHabit();
    for (int i = 0; i < history.length(); i++) {
      if (history.charAt(i) == 'w') {
        habit.staged();
      } else {
        habit.flushed();
      }
    }
    assertEquals(next, habit.flushIsNext());
  }
}
