package io.millrace.operator.status;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConditionsTest {
  private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = FIRST.plusSeconds(60);

  @Test
  void transitionTimeStaysWhileTheStatusStays() {
    List<Condition> before = Conditions.after(null, 1, FIRST).set("Ready", false, "A", "a").build();
    List<Condition> same = Conditions.after(before, 2, LATER).set("Ready", false, "B", "b").build();
    assertEquals(FIRST.toString(), same.getFirst().getLastTransitionTime());
    assertEquals(2, same.getFirst().getObservedGeneration());
    assertEquals("B", same.getFirst().getReason());
  }

  @Test
  void transitionTimeMovesWithTheStatus() {
    List<Condition> before = Conditions.after(null, 1, FIRST).set("Ready", false, "A", "a").build();
    List<Condition> other = Conditions.after(before, 1, LATER).set("Ready", true, "B", "").build();
    assertEquals(LATER.toString(), other.getFirst().getLastTransitionTime());
  }

  @Test
  void unchangedPassMakesEqualConditions() {
    List<Condition> before = Conditions.after(null, 1, FIRST).set("Ready", true, "A", "a").build();
    assertEquals(before, Conditions.after(before, 1, LATER).set("Ready", true, "A", "a").build());
  }
}
