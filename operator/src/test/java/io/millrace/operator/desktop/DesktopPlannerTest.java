package io.millrace.operator.desktop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.api.v1alpha1.ClaimRef;
import io.millrace.api.v1alpha1.DesktopPhase;
import io.millrace.api.v1alpha1.DesktopSpec;
import io.millrace.api.v1alpha1.ImageRef;
import io.millrace.operator.desktop.Action.AdoptRevision;
import io.millrace.operator.desktop.Action.ApplyMachine;
import io.millrace.operator.desktop.Action.ClearClaim;
import io.millrace.operator.desktop.Action.CreateClone;
import io.millrace.operator.desktop.Action.DeleteClone;
import io.millrace.operator.desktop.Action.PlaceClone;
import io.millrace.operator.desktop.Action.SwapClone;
import io.millrace.operator.desktop.Observed.Clone;
import io.millrace.operator.desktop.Observed.Holder;
import io.millrace.operator.desktop.Observed.Instance;
import io.millrace.operator.desktop.Observed.Machine;
import io.millrace.operator.desktop.Observed.Pool;
import io.millrace.operator.image.VersionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class DesktopPlannerTest {
  private static final ImageRef V1 = new ImageRef("debian", "v1");
  private static final ImageRef V2 = new ImageRef("debian", "v2");
  private static final String HASH = "h1";
  private static final long GIB = 1L << 30;

  // --- a new desktop

  @Test
  void newDesktopGetsItsCloneAndItsMachineInOnePass() {
    Plan plan = new Case().plan();
    assertEquals(
        List.of(create(1, "v1"), new ApplyMachine(1, RunStrategy.RUNNING)), plan.actions());
    assertEquals(DesktopPhase.CLONING, plan.phase());
  }

  @Test
  void newDesktopThatIsNotToRunIsMadeHalted() {
    assertEquals(
        List.of(create(1, "v1"), new ApplyMachine(1, RunStrategy.HALTED)),
        new Case().running(false).plan().actions());
  }

  @Test
  void cloneOfAKilledPassIsUsedAndNotMadeAgain() {
    assertEquals(
        List.of(new ApplyMachine(1, RunStrategy.RUNNING)),
        new Case().clone(1, "v1", false).plan().actions());
  }

  @Test
  void cloneThatSomebodyElseOwnsIsNotUsed() {
    Case c = new Case();
    c.clones.add(new Clone("office-0-os-1", 1, "v1", false, true, true, true));
    assertEquals(
        List.of(create(2, "v1"), new ApplyMachine(2, RunStrategy.RUNNING)), c.plan().actions());
  }

  @Test
  void diskIsAsLargeAsTheImageOrAsThePoolAsks() {
    Case c = new Case();
    c.diskBytes = 5 * GIB;
    assertEquals(
        new CreateClone(1, "v1", "debian.v1", 5 * GIB, "node1"), c.plan().actions().getFirst());
  }

  @Test
  void waitsForItsImage() {
    Case c = new Case();
    c.version = new VersionState.NotReady("ImageNotReady", "importing");
    Plan plan = c.plan();
    assertEquals(List.of(), plan.actions());
    assertEquals("ImageNotReady", plan.reason());
    assertEquals(DesktopPhase.PENDING, plan.phase());
  }

  @Test
  void waitsForANode() {
    Case c = new Case();
    c.node = Optional.empty();
    assertEquals("NoNode", c.plan().reason());
    assertEquals(List.of(), c.plan().actions());
  }

  @Test
  void waitsForTheNameOfAnEarlierDesktop() {
    Case c = new Case().clone(1, "v1", true).machine(1, "RerunOnFailure", "RerunOnFailure");
    c.machine =
        c.machine.map(m -> new Machine(false, true, 1, "Halted", "Halted", false, HASH, ""));
    assertEquals("NameTaken", c.plan().reason());
    assertEquals(List.of(), c.plan().actions());
  }

  @Test
  void saysWhatTheClusterLacks() {
    Case c = new Case();
    c.missing = Optional.of("no KubeVirt");
    assertTrue(c.plan().stalled());
    assertEquals(List.of(), c.plan().actions());
  }

  @Test
  void makesNothingForAPoolThatIsGoing() {
    Case c = new Case();
    c.pool = Optional.empty();
    assertEquals(List.of(), c.plan().actions());
  }

  @Test
  void makesNothingWhileItIsDeleted() {
    Case c = new Case();
    c.terminating = true;
    assertEquals(List.of(), c.plan().actions());
    assertEquals(DesktopPhase.TERMINATING, c.plan().phase());
  }

  // --- steady

  @Test
  void runningDesktopIsReadyAndAvailableAndLeftAlone() {
    Plan plan = up(1).plan();
    assertEquals(List.of(), plan.actions());
    assertEquals(DesktopPhase.READY, plan.phase());
    assertTrue(plan.available());
  }

  @Test
  void desktopIsNotReadyWhileItsInstanceRunsOnAnotherClone() {
    Case c = up(2).clone(1, "v1", true).instance(1);
    assertFalse(c.plan().ready());
    assertTrue(c.plan().actions().contains(new ApplyMachine(2, RunStrategy.HALTED)));
  }

  @Test
  void nodeThatTheProvisionerClearedIsNamedAgain() {
    Case c = new Case().machine(1, "Halted", "").running(false);
    c.clones.add(new Clone("office-0-os-1", 1, "v1", true, false, false, false));
    assertEquals(List.of(new PlaceClone("office-0-os-1", "node1")), c.plan().actions());
    assertEquals(DesktopPhase.CLONING, c.plan().phase());
  }

  @Test
  void stoppedDesktopIsCompleteAndAvailable() {
    Plan plan = new Case().running(false).clone(1, "v1", true).machine(1, "Halted", "").plan();
    assertEquals(DesktopPhase.STOPPED, plan.phase());
    assertTrue(plan.ready() && plan.available());
    assertEquals(List.of(), plan.actions());
  }

  @Test
  void runningDesktopThatIsNotToRunIsHalted() {
    assertEquals(
        List.of(new ApplyMachine(1, RunStrategy.HALTED)), up(1).running(false).plan().actions());
  }

  @Test
  void guestThatPoweredItselfOffIsHaltedFirst() {
    Case c = up(1);
    c.instance = Optional.empty();
    c.machine =
        Optional.of(
            new Machine(true, false, 1, "RerunOnFailure", "RerunOnFailure", true, HASH, ""));
    assertEquals(List.of(new ApplyMachine(1, RunStrategy.HALTED)), c.plan().actions());
  }

  @Test
  void haltedMachineIsStartedOnlyWhenKubeVirtHasActedOnTheHalt() {
    Case c = new Case().clone(1, "v1", true).machine(1, "Halted", "RerunOnFailure");
    assertEquals(List.of(), c.plan().actions());
    c.machine(1, "Halted", "Halted");
    assertEquals(List.of(new ApplyMachine(1, RunStrategy.RUNNING)), c.plan().actions());
  }

  @Test
  void clonesThatTheMachineDoesNotHaveAreDeleted() {
    assertEquals(
        List.of(new DeleteClone("office-0-os-1", 1), new DeleteClone("office-0-os-4", 4)),
        up(3).clone(1, "v1", true).clone(4, "v2", true).plan().actions());
  }

  @Test
  void troubleIsShown() {
    Case c = up(1);
    c.instance =
        Optional.of(new Instance(false, true, false, 1, "", "", "paused: PausedIOError no space"));
    assertEquals("paused: PausedIOError no space", c.plan().message());
    assertFalse(c.plan().ready());
  }

  // --- held by a user

  @Test
  void claimedDesktopIsReadyButNotAvailable() {
    Plan plan = up(1).heldBy(Holder.CLAIM, 1).plan();
    assertEquals(DesktopPhase.CLAIMED, plan.phase());
    assertTrue(plan.ready());
    assertFalse(plan.available());
  }

  @Test
  void claimedDesktopIsNotTouchedByAnotherRevision() {
    Case c = up(1).heldBy(Holder.CLAIM, 1).wants(V2).poolWants(V2, "h2");
    assertEquals(List.of(), c.plan().actions());
  }

  @Test
  void claimStartsAStoppedDesktop() {
    assertEquals(
        List.of(new ApplyMachine(1, RunStrategy.RUNNING)),
        new Case()
            .running(false)
            .clone(1, "v1", true)
            .machine(1, "Halted", "")
            .heldBy(Holder.CLAIM, 1)
            .plan()
            .actions());
  }

  @Test
  void deletedMachineOfAClaimedDesktopIsMadeAgainOnTheSameClone() {
    assertEquals(
        List.of(new ApplyMachine(2, RunStrategy.RUNNING)),
        new Case().clone(2, "v1", true).heldBy(Holder.CLAIM, 2).plan().actions());
  }

  @Test
  void lostDiskOfAClaimedDesktopIsSaidAndNotReplaced() {
    Case c = new Case().machine(1, "RerunOnFailure", "RerunOnFailure").heldBy(Holder.CLAIM, 1);
    assertEquals("CloneLost", c.plan().reason());
    assertTrue(c.plan().message().contains("delete DesktopClaim ann"), c.plan().message());
    assertTrue(c.plan().stalled());
    assertEquals(List.of(), c.plan().actions());
  }

  // --- reset: one pass after the other

  @Test
  void resetHaltsTheMachineAndMakesTheNextClone() {
    Plan plan = up(1).heldBy(Holder.NO_MORE, 1).plan();
    assertEquals(List.of(new ApplyMachine(1, RunStrategy.HALTED), create(2, "v1")), plan.actions());
    assertEquals(DesktopPhase.RESETTING, plan.phase());
    assertFalse(plan.available());
  }

  @Test
  void resetWaitsWhileAnInstanceIsLeft() {
    Case c = resetting().instance(1);
    assertEquals(List.of(), c.plan().actions());
    assertEquals("Stopping", c.plan().reason());
  }

  @Test
  void resetWaitsUntilKubeVirtHasActedOnTheHalt() {
    Case c = resetting().machine(1, "Halted", "RerunOnFailure");
    assertEquals(List.of(), c.plan().actions());
  }

  @Test
  void resetWaitsUntilTheNewCloneIsBound() {
    Case c =
        new Case()
            .clone(1, "v1", true)
            .clone(2, "v1", false)
            .machine(1, "Halted", "Halted")
            .heldBy(Holder.NO_MORE, 1);
    assertEquals(List.of(), c.plan().actions());
    assertEquals("Cloning", c.plan().reason());
  }

  @Test
  void resetSwapsWhenAllIsProven() {
    assertEquals(List.of(new SwapClone(2, RunStrategy.RUNNING)), resetting().plan().actions());
  }

  @Test
  void resetDesktopLosesItsOldCloneBeforeItsClaim() {
    Plan plan = up(2).clone(1, "v1", true).heldBy(Holder.NO_MORE, 1).plan();
    assertEquals(List.of(new DeleteClone("office-0-os-1", 1), new ClearClaim()), plan.actions());
    assertFalse(plan.available());
  }

  @Test
  void claimStaysWhileAnInstanceHasTheOldClone() {
    Case c = up(2).heldBy(Holder.NO_MORE, 1).instance(1);
    assertFalse(c.plan().actions().contains(new ClearClaim()));
  }

  @Test
  void newCloneThatIsLostBeforeTheResetEndsIsReplaced() {
    Case c = new Case().machine(2, "Halted", "Halted").heldBy(Holder.NO_MORE, 1);
    assertEquals(List.of(create(3, "v1")), c.plan().actions());
    assertEquals(DesktopPhase.RESETTING, c.plan().phase());
    c.clone(3, "v1", true);
    assertEquals(List.of(new SwapClone(3, RunStrategy.RUNNING)), c.plan().actions());
  }

  @Test
  void resetFollowsThePoolBeforeItMakesAClone() {
    Case c = up(1).heldBy(Holder.NO_MORE, 1).poolWants(V2, "h2");
    assertEquals(
        List.of(new ApplyMachine(1, RunStrategy.HALTED), new AdoptRevision(V2, "h2")),
        c.plan().actions());
  }

  @Test
  void resetDoesNotFollowAPoolWhoseImageIsNotReady() {
    Case c = up(1).heldBy(Holder.NO_MORE, 1).poolWants(V2, "h2");
    c.pool = Optional.of(new Pool(V2, false, "h2", 0));
    assertEquals(
        List.of(new ApplyMachine(1, RunStrategy.HALTED), create(2, "v1")), c.plan().actions());
  }

  @Test
  void deletedMachineOfAReleasedDesktopGetsANewCloneNotTheDirtyOne() {
    assertEquals(
        List.of(create(2, "v1")),
        new Case().clone(1, "v1", true).heldBy(Holder.NO_MORE, 1).plan().actions());
  }

  // --- update

  @Test
  void unclaimedDesktopOfAnotherVersionIsReplaced() {
    Case c = up(1).wants(V2).poolWants(V2, HASH);
    assertEquals(
        List.of(new ApplyMachine(1, RunStrategy.HALTED), create(2, "v2")), c.plan().actions());
    assertEquals(DesktopPhase.UPDATING, c.plan().phase());
  }

  @Test
  void unclaimedDesktopOfAnotherTemplateIsReplaced() {
    Case c = up(1);
    c.machine =
        Optional.of(
            new Machine(true, false, 1, "RerunOnFailure", "RerunOnFailure", false, "h0", ""));
    assertEquals(
        List.of(new ApplyMachine(1, RunStrategy.HALTED), create(2, "v1")), c.plan().actions());
  }

  @Test
  void desktopThatAClaimCouldTakeThisMomentIsNotSwapped() {
    Case c =
        new Case()
            .running(false)
            .wants(V2)
            .poolWants(V2, HASH)
            .clone(1, "v1", true)
            .clone(2, "v2", true)
            .machine(1, "Halted", "Halted");
    c.availableToClaims = true;
    assertEquals(List.of(), c.plan().actions());
    assertFalse(c.plan().available());
    c.availableToClaims = false;
    assertEquals(List.of(new SwapClone(2, RunStrategy.HALTED)), c.plan().actions());
  }

  @Test
  void lostCloneOfAnUnclaimedDesktopIsReplaced() {
    Case c = new Case().machine(1, "RerunOnFailure", "RerunOnFailure");
    assertEquals(
        List.of(new ApplyMachine(1, RunStrategy.HALTED), create(2, "v1")), c.plan().actions());
  }

  /** Runs on clone n, and nobody has it. */
  private static Case up(int number) {
    return new Case()
        .clone(number, "v1", true)
        .machine(number, "RerunOnFailure", "RerunOnFailure")
        .instance(number);
  }

  /** Released, halted, and with its next clone bound. */
  private static Case resetting() {
    return new Case()
        .clone(1, "v1", true)
        .clone(2, "v1", true)
        .machine(1, "Halted", "Halted")
        .heldBy(Holder.NO_MORE, 1);
  }

  private static CreateClone create(int number, String version) {
    return new CreateClone(number, version, "debian." + version, GIB, "node1");
  }

  /** A desktop under construction: new, wanted running, on v1, with everything at hand. */
  private static final class Case {
    private boolean terminating;
    private boolean availableToClaims;
    private boolean running = true;
    private ImageRef image = V1;
    private Holder holder = Holder.NOBODY;
    private Optional<ClaimRef> claim = Optional.empty();
    private long diskBytes;
    private Optional<Pool> pool = Optional.of(new Pool(V1, true, HASH, 0));
    private VersionState version = new VersionState.Ready("debian.v1", GIB, "node1");
    private Optional<Machine> machine = Optional.empty();
    private Optional<Instance> instance = Optional.empty();
    private final List<Clone> clones = new ArrayList<>();
    private Optional<String> node = Optional.of("node1");
    private Optional<String> missing = Optional.empty();

    Case running(boolean wanted) {
      running = wanted;
      return this;
    }

    Case wants(ImageRef wanted) {
      image = wanted;
      version = new VersionState.Ready("debian." + wanted.version(), GIB, "node1");
      return this;
    }

    Case poolWants(ImageRef wanted, String hash) {
      pool = Optional.of(new Pool(wanted, true, hash, 0));
      return this;
    }

    Case heldBy(Holder who, int cloneNumber) {
      holder = who;
      claim = Optional.of(new ClaimRef("ann", "uid", "ann", cloneNumber));
      return this;
    }

    Case clone(int number, String imageVersion, boolean bound) {
      clones.add(
          new Clone("office-0-os-" + number, number, imageVersion, true, bound, false, true));
      return this;
    }

    Case machine(int number, String strategy, String handled) {
      machine = Optional.of(new Machine(true, false, number, strategy, handled, false, HASH, ""));
      return this;
    }

    Case instance(int number) {
      instance = Optional.of(new Instance(true, true, false, number, "10.0.0.1", "node1", ""));
      return this;
    }

    Plan plan() {
      return DesktopPlanner.plan(
          new Observed(
              "office-0",
              new DesktopSpec("office", 0, image, HASH, running, claim.orElse(null)),
              terminating,
              availableToClaims,
              holder,
              pool.map(p -> new Pool(p.image(), p.imageReady(), p.templateHash(), diskBytes)),
              version,
              machine,
              instance,
              clones,
              node,
              missing));
    }
  }
}
