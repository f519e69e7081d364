package io.millrace.operator.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.operator.claim.Action.Forget;
import io.millrace.operator.claim.Action.Reserve;
import io.millrace.operator.claim.Action.Take;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ClaimPlannerTest {
  private static final List<String> NONE = List.of();

  @Test
  void firstClaimGetsTheFirstFreeDesktop() {
    assertEquals(
        List.of(new Reserve("a"), new Take("a")), plan("", NONE, List.of("a", "b"), NONE, 0));
  }

  @Test
  void claimLeavesAsManyDesktopsAsClaimsAreAhead() {
    assertEquals(
        List.of(new Reserve("b"), new Take("b")), plan("", NONE, List.of("a", "b"), NONE, 1));
  }

  @Test
  void desktopThatAnotherClaimChoseIsNotChosen() {
    assertEquals(
        List.of(new Reserve("b"), new Take("b")),
        plan("", NONE, List.of("a", "b"), List.of("a"), 0));
  }

  @Test
  void choiceOfAKilledPassIsTakenAndNoOther() {
    assertEquals(List.of(new Take("b")), plan("b", NONE, List.of("a", "b"), NONE, 0));
  }

  @Test
  void choiceThatIsGoneIsForgotten() {
    assertEquals(List.of(new Forget()), plan("b", NONE, List.of("a"), NONE, 0));
  }

  @Test
  void claimThatHasADesktopTakesNoOther() {
    Plan plan = ClaimPlanner.plan(new Observed(true, "", List.of("b"), List.of("a"), NONE, 0));
    assertEquals(NONE, plan.actions().stream().map(Object::toString).toList());
    assertEquals("b", plan.bound());
  }

  @Test
  void claimKeepsItsDesktopWhenThePoolIsGone() {
    assertEquals(
        "b", ClaimPlanner.plan(new Observed(false, "b", List.of("b"), NONE, NONE, 0)).bound());
  }

  @Test
  void waitingClaimKnowsItsPlace() {
    Plan plan = ClaimPlanner.plan(new Observed(true, "", NONE, List.of("a"), NONE, 3));
    assertEquals(3, plan.queuePosition());
    assertEquals("NoDesktopFree", plan.reason());
  }

  @Test
  void claimOnNoPoolSaysSo() {
    assertEquals(
        "PoolNotFound", ClaimPlanner.plan(new Observed(false, "", NONE, NONE, NONE, 0)).reason());
  }

  private static List<Action> plan(
      String reserved, List<String> held, List<String> free, List<String> others, int ahead) {
    return ClaimPlanner.plan(new Observed(true, reserved, held, free, others, ahead)).actions();
  }
}
