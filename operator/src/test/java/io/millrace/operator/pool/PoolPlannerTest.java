package io.millrace.operator.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.millrace.api.v1alpha1.DesktopPoolSpec;
import io.millrace.api.v1alpha1.DesktopTemplate;
import io.millrace.api.v1alpha1.ImageRef;
import io.millrace.api.v1alpha1.PoolStorage;
import io.millrace.api.v1alpha1.Rollout;
import io.millrace.operator.image.VersionState;
import io.millrace.operator.pool.Action.CreateDesktop;
import io.millrace.operator.pool.Action.DeleteDesktop;
import io.millrace.operator.pool.Action.UpdateDesktop;
import io.millrace.operator.pool.Observed.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PoolPlannerTest {
  private static final ImageRef V1 = new ImageRef("debian", "v1");
  private static final ImageRef V2 = new ImageRef("debian", "v2");

  // --- size

  @Test
  void emptyPoolMakesItsSlotsInOrder() {
    assertEquals(List.of(create(0), create(1), create(2)), new Case(3).plan().actions());
  }

  @Test
  void freedSlotsAreFilledFirst() {
    assertEquals(List.of(create(1), create(3)), new Case(4).free(0).free(2).plan().actions());
  }

  @Test
  void slotOfADesktopThatIsStillGoingIsNotUsed() {
    Case c = new Case(2).free(0);
    c.desktops.add(member(1, "", true, true, V1, true));
    assertEquals(List.of(create(2)), c.plan().actions());
  }

  @Test
  void largePoolIsMadeInPortions() {
    assertEquals(PoolPlanner.CREATIONS_PER_PASS_MAX, new Case(1000).plan().actions().size());
  }

  @Test
  void surplusGoesFromTheHighestSlot() {
    assertEquals(
        List.of(new DeleteDesktop("office-3"), new DeleteDesktop("office-2")),
        new Case(2).free(0).free(1).free(2).free(3).plan().actions());
  }

  @Test
  void heldDesktopsStayAndTheirUsersAreNamed() {
    Plan plan = new Case(1).free(0).held(1, "ann").held(2, "bob").plan();
    assertEquals(List.of(new DeleteDesktop("office-0")), plan.actions());
    assertEquals("ScaleDownBlocked", plan.stalled());
    assertTrue(plan.message().contains("office-1 (ann), office-2 (bob)"), plan.message());
  }

  @Test
  void heldDesktopStaysWhileAFreeOneGoes() {
    Plan plan = new Case(1).free(0).held(1, "ann").plan();
    assertEquals(List.of(new DeleteDesktop("office-0")), plan.actions());
    assertEquals("", plan.stalled());
  }

  @Test
  void poolOfZeroIsEmpty() {
    assertEquals(List.of(), new Case(0).plan().actions());
  }

  // --- rollout

  @Test
  void rolloutMovesAsManyAsMayBeUnavailable() {
    assertEquals(
        List.of(update(0, V2), update(1, V2)),
        new Case(4).image(V2).maxUnavailable(2).free(0).free(1).free(2).free(3).plan().actions());
  }

  @Test
  void unavailableDesktopsUseUpTheBudget() {
    Case c = new Case(3).image(V2).maxUnavailable(1).free(1).free(2);
    c.desktops.add(member(0, "", false, false, V2, true));
    assertEquals(List.of(), c.plan().actions());
  }

  @Test
  void outdatedDesktopThatIsOfNoUseMovesAtOnce() {
    Case c = new Case(3).image(V2).maxUnavailable(1).free(1).free(2);
    c.desktops.add(member(0, "", false, false, V1, true));
    assertEquals(List.of(update(0, V2)), c.plan().actions());
  }

  @Test
  void heldDesktopIsNotMoved() {
    Plan plan = new Case(2).image(V2).maxUnavailable(2).free(0).held(1, "ann").plan();
    assertEquals(List.of(update(0, V2)), plan.actions());
    assertTrue(plan.message().contains("1 held on an older revision"), plan.message());
  }

  @Test
  void nothingMovesToAVersionThatIsNotReady() {
    Case c = new Case(2).image(V2).free(0).free(1);
    c.version = new VersionState.NotReady("ImageNotReady", "importing");
    assertEquals(List.of(), c.plan().actions());
    assertEquals("", c.plan().stalled());
  }

  @Test
  void versionThatDoesNotExistStallsThePool() {
    Case c = new Case(1).image(V2).free(0);
    c.version = new VersionState.NotReady("ImageVersionNotFound", "no v2");
    assertEquals(List.of(), c.plan().actions());
    assertEquals("ImageVersionNotFound", c.plan().stalled());
  }

  @Test
  void anotherTemplateIsARolloutToo() {
    Case c = new Case(2).maxUnavailable(1).free(0).free(1);
    c.hash = "h2";
    assertEquals(List.of(new UpdateDesktop("office-0", V1, "h2", true)), c.plan().actions());
  }

  @ParameterizedTest
  @CsvSource({"25%,3,1", "25%,4,1", "25%,8,2", "100%,3,3", "1%,100,1", "2,3,2", "9,3,9"})
  void maxUnavailableIsRoundedDownButAtLeastOne(String limit, int replicas, int expected) {
    Case c = new Case(replicas);
    c.maxUnavailable = new IntOrString(limit.endsWith("%") ? limit : Integer.valueOf(limit));
    assertEquals(expected, PoolPlanner.maxUnavailable(c.observed()));
  }

  // --- power

  @Test
  void stoppedPoolKeepsItsSparesRunning() {
    assertEquals(
        List.of(create(0, true), create(1, false), create(2, false)),
        new Case(3).stopped(1).plan().actions());
  }

  @Test
  void takenSpareIsReplaced() {
    Case c = new Case(3).stopped(1).held(0, "ann").off(1).off(2);
    assertEquals(List.of(new UpdateDesktop("office-1", V1, "h1", true)), c.plan().actions());
  }

  @Test
  void spareThatRunsIsKeptBeforeALowerOneIsStarted() {
    assertEquals(List.of(), new Case(3).stopped(1).off(0).off(1).free(2).plan().actions());
  }

  @Test
  void switchingThePoolOffLeavesHeldDesktopsAlone() {
    Case c = new Case(2).stopped(0).free(0).held(1, "ann");
    assertEquals(List.of(new UpdateDesktop("office-0", V1, "h1", false)), c.plan().actions());
  }

  // --- refusals

  @Test
  void refusedTemplateMakesAndChangesNothing() {
    Case c = new Case(3);
    c.violations = List.of("volume x: no");
    assertEquals(List.of(), c.plan().actions());
    assertEquals("TemplateRefused", c.plan().stalled());
  }

  @Test
  void saysWhatTheClusterLacks() {
    Case c = new Case(3);
    c.missing = Optional.of("no KubeVirt");
    assertEquals(List.of(), c.plan().actions());
    assertEquals("PrerequisiteMissing", c.plan().stalled());
  }

  private static CreateDesktop create(int slot) {
    return create(slot, true);
  }

  private static CreateDesktop create(int slot, boolean running) {
    return new CreateDesktop(slot, V1, "h1", running);
  }

  private static UpdateDesktop update(int slot, ImageRef image) {
    return new UpdateDesktop("office-" + slot, image, "h1", true);
  }

  private static Member member(
      int slot, String user, boolean terminating, boolean available, ImageRef image, boolean on) {
    return new Member(
        "office-" + slot,
        slot,
        terminating,
        user,
        available,
        available,
        image,
        "h1",
        on,
        image.version());
  }

  /** A pool under construction: on v1, everything running, nothing missing. */
  private static final class Case {
    private final int replicas;
    private final List<Member> desktops = new ArrayList<>();
    private ImageRef image = V1;
    private String hash = "h1";
    private boolean running = true;
    private int spares;
    private IntOrString maxUnavailable = new IntOrString("25%");
    private VersionState version = new VersionState.Ready("debian.v1", 1, "node1");
    private List<String> violations = List.of();
    private Optional<String> missing = Optional.empty();

    Case(int replicas) {
      this.replicas = replicas;
    }

    Case image(ImageRef wanted) {
      image = wanted;
      return this;
    }

    Case maxUnavailable(int limit) {
      maxUnavailable = new IntOrString(limit);
      return this;
    }

    Case stopped(int wantedSpares) {
      running = false;
      spares = wantedSpares;
      return this;
    }

    /** Runs on v1, and nobody has it. */
    Case free(int slot) {
      desktops.add(member(slot, "", false, true, V1, true));
      return this;
    }

    Case off(int slot) {
      desktops.add(member(slot, "", false, true, V1, false));
      return this;
    }

    Case held(int slot, String user) {
      desktops.add(member(slot, user, false, false, V1, true));
      return this;
    }

    Observed observed() {
      return new Observed(
          "office",
          new DesktopPoolSpec(
              replicas,
              image,
              new DesktopTemplate(null, null, null, null, Map.of()),
              new PoolStorage("millrace", null),
              running,
              spares,
              new Rollout(maxUnavailable)),
          hash,
          version,
          desktops,
          violations,
          missing);
    }

    Plan plan() {
      return PoolPlanner.plan(observed());
    }
  }
}
