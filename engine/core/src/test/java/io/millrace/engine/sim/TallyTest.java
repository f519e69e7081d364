package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A campaign that met too little is no proof, and says so. */
final class TallyTest {
  private final Tally tally = new Tally();

  private void fill() {
    for (Tally.Event event : Tally.Event.values()) {
      tally.add(event, 50);
    }
    tally.add(Tally.Event.CHANGE, 1000);
  }

  @Test
  void aCampaignThatMetEverythingShowsSomething() {
    fill();
    assertNull(tally.vacuous());
  }

  @Test
  void tooFewAcknowledgedChangesShowNothing() {
    tally.add(Tally.Event.RUN, 10);
    tally.add(Tally.Event.CHANGE, 49);
    assertTrue(String.valueOf(tally.vacuous()).contains("only 49 changes"));
  }

  @Test
  void eachNeededEventThatIsMissingIsNamed() {
    for (Tally.Event missing : Tally.Event.values()) {
      Tally some = new Tally();
      fill();
      some.addAll(tally);
      if (missing != Tally.Event.RUN && missing != Tally.Event.CHANGE) {
        some.add(missing, -some.of(missing));
      }
      boolean named = String.valueOf(some.vacuous()).contains(missing.word());
      assertEquals(missing.needed, named, missing.word());
    }
  }

  @Test
  void aFaultThatIsArmedAndNeverStrikesShowsNothing() {
    for (Fault.Kind kind : Fault.Kind.values()) {
      Tally some = new Tally();
      Faults faults = new Faults(some);
      for (int i = 0; i < 20; i++) {
        faults.arm(new Fault(kind, 0));
      }
      assertTrue(String.valueOf(some.vacuous()).contains(kind.word()));
      faults.struck(kind);
      assertNull(some.vacuous());
    }
  }

  @Test
  void aCampaignOnWhichNothingIsDoneIsNoProof() {
    Campaign campaign = new Campaign(0);
    assertNull(campaign.run(1));
    assertNotNull(campaign.tally().vacuous());
  }

  @Test
  void faultsAreNamedInAList() {
    assertEquals(Set.of(), Fault.parse("none"));
    assertEquals(
        EnumSet.of(Fault.Kind.BIT_FLIP, Fault.Kind.LOST_WRITE), Fault.parse("bit-flip,lost-write"));
    assertEquals(Fault.all(), Fault.parse(Fault.words(Fault.all())));
    assertThrows(IllegalArgumentException.class, () -> Fault.parse("gremlins"));
  }
}
