package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Short sequences of operations, cut at every call to the disk: one in twenty of all. */
final class EveryCrashPointTest {
  private static final int OPERATIONS_MAX = 3;
  private static final int ONE_IN = 20;
  private static final int IMPORTS = 16;

  private final Exhaustive exhaustive = new Exhaustive(OPERATIONS_MAX);

  @Test
  void everyShortSequenceSurvivesAPowerLossAtEveryCallToTheDisk() {
    List<List<Step.Kind>> all = exhaustive.sequences();
    assertEquals(12 + 12 * 12 + 12 * 12 * 12, all.size());
    for (int i = 0; i < all.size(); i += ONE_IN) {
      String broken = exhaustive.run(all.get(i));
      assertNull(broken, broken);
    }
    Tally tally = exhaustive.tally();
    for (Tally.Event event :
        List.of(Tally.Event.SEGMENT_CLEANED, Tally.Event.CHECKPOINT, Tally.Event.MERGE)) {
      assertTrue(tally.of(event) > 0, () -> "no " + event.word());
    }
    assertTrue(tally.crashPoints() > 1000, () -> tally.text(1));
  }

  /** Of different salts, so that what is filled is a new volume, or one that is there. */
  @Test
  void anImportIsWholeOrNotAtAllAfterAPowerLossAtEveryCallToTheDisk() {
    for (int salt = 1; salt <= IMPORTS; salt++) {
      Step step = new Step(Step.Kind.IMPORT, salt);
      String broken =
          exhaustive.run(
              salt,
              run -> {
                run.perform(step);
                run.perform(new Step(Step.Kind.POLL, 3));
                run.perform(new Step(Step.Kind.WRITE, step.salt()));
                run.perform(new Step(Step.Kind.CREATE_SNAPSHOT, step.salt()));
              });
      assertNull(broken, () -> step + broken);
    }
    Tally tally = exhaustive.tally();
    assertTrue(tally.of(Tally.Event.LOSS_IN_FILL) > 100, () -> tally.text(1));
    assertTrue(tally.of(Tally.Event.VOLUME_FILLED) > 100, () -> tally.text(1));
  }

  @Test
  void subsetsAreNoneAllEachAndAllButEach() {
    List<String> seen = new ArrayList<>();
    for (int choice = 0; choice < 8; choice++) {
      StringBuilder kept = new StringBuilder();
      for (int i = 0; i < 3; i++) {
        int index = i;
        new Subset(choice).keep(i, 3, new byte[1], (from, to) -> kept.append(index));
      }
      seen.add(kept.toString());
    }
    assertEquals(List.of("", "012", "0", "1", "2", "12", "02", "01"), seen);
  }
}
