package io.millrace.operator.desktop;

import io.millrace.api.v1alpha1.DesktopPhase;
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
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Decides the next steps of one desktop, from what is in the cluster and nothing else. Pure.
 *
 * <p>A desktop is kept as it is, or its clone is replaced: after a user (reset), or when nobody has
 * it and it is not on the image version and template that it should be on (update). To replace:
 *
 * <ol>
 *   <li>halt the machine, and meanwhile make the next clone, numbered higher than every other;
 *   <li>when KubeVirt has acted on the halt, no instance is left and the new clone is bound: give
 *       the machine the new clone and start it;
 *   <li>delete the old clone;
 *   <li>after a user: only now take the claim off the desktop.
 * </ol>
 *
 * <p>Invariants: a clone that a user wrote on has a number at most that of the claim on the
 * desktop, and the claim stays there until every such clone is gone or going; a held desktop is
 * never stopped, moved or given another disk.
 */
final class DesktopPlanner {
  private DesktopPlanner() {}

  static Plan plan(Observed o) {
    if (o.terminating()) {
      return Plan.on(DesktopPhase.TERMINATING, "Terminating", "it is being deleted", List.of());
    }
    if (o.missing().isPresent()) {
      return Plan.stalled(DesktopPhase.PENDING, "PrerequisiteMissing", o.missing().get());
    }
    if (o.pool().isEmpty()) {
      return waiting("PoolNotFound", "its pool " + o.spec().poolName() + " is gone or going");
    }
    if (o.machine().isEmpty()) {
      return o.holder() == Holder.NO_MORE ? replace(o, o.pool().get()) : create(o, o.pool().get());
    }
    Machine machine = o.machine().get();
    if (!machine.ours() || machine.terminating()) {
      return waiting(
          "NameTaken",
          "waits until VirtualMachine %s of %s is gone"
              .formatted(o.name(), machine.ours() ? "before" : "another owner"));
    }
    return mustReplace(o, machine) ? replace(o, o.pool().get()) : keep(o, machine);
  }

  private static boolean mustReplace(Observed o, Machine machine) {
    return switch (o.holder()) {
      case CLAIM -> false;
      case NO_MORE ->
          machine.cloneNumber() <= o.heldCloneNumber()
              || o.clone(machine.cloneNumber()).filter(Clone::usable).isEmpty();
      case NOBODY ->
          !machine.templateHash().equals(o.spec().templateHash())
              || o.clone(machine.cloneNumber())
                  .filter(Clone::usable)
                  .filter(clone -> clone.imageVersion().equals(o.spec().image().version()))
                  .isEmpty();
    };
  }

  /** There is no machine: the desktop is new, or somebody deleted the machine. */
  private static Plan create(Observed o, Pool pool) {
    if (o.holder() == Holder.CLAIM) {
      return o.clone(o.heldCloneNumber())
          .filter(Clone::usable)
          .map(clone -> starting(new ApplyMachine(clone.number(), RunStrategy.RUNNING)))
          .orElseGet(() -> cloneLost(o));
    }
    if (isBehind(o, pool)) {
      return adopt(DesktopPhase.PENDING, pool, List.of());
    }
    RunStrategy strategy = o.spec().running() ? RunStrategy.RUNNING : RunStrategy.HALTED;
    Optional<Clone> made = nextClone(o, 0);
    if (made.isPresent()) {
      return starting(new ApplyMachine(made.get().number(), strategy));
    }
    int number = o.highestCloneNumber() + 1;
    return withNewClone(
        o, pool, number, DesktopPhase.PENDING, List.of(), new ApplyMachine(number, strategy));
  }

  private static Plan replace(Observed o, Pool pool) {
    DesktopPhase phase =
        o.holder() == Holder.NO_MORE ? DesktopPhase.RESETTING : DesktopPhase.UPDATING;
    List<Action> actions = new ArrayList<>();
    Optional<Machine> machine = o.machine();
    machine
        .filter(m -> !m.is(RunStrategy.HALTED))
        .ifPresent(m -> actions.add(new ApplyMachine(m.cloneNumber(), RunStrategy.HALTED)));
    if (isBehind(o, pool)) {
      return adopt(phase, pool, actions);
    }
    int after = Math.max(machine.map(Machine::cloneNumber).orElse(0), o.heldCloneNumber());
    Optional<Clone> next = nextClone(o, after);
    if (next.isEmpty()) {
      int number = Math.max(after, o.highestCloneNumber()) + 1;
      return withNewClone(o, pool, number, phase, actions);
    }
    if (!next.get().bound()) {
      place(o, next.get(), actions);
      return Plan.on(phase, "Cloning", next.get().name() + " is not bound yet", actions);
    }
    if (!isStopped(o) || o.availableToClaims()) {
      return Plan.on(phase, "Stopping", "waits until the old instance is gone", actions);
    }
    RunStrategy strategy = o.spec().running() ? RunStrategy.RUNNING : RunStrategy.HALTED;
    actions.add(new SwapClone(next.get().number(), strategy));
    return Plan.on(phase, "Swapping", "gets the disk " + next.get().name(), actions);
  }

  /** The machine has the clone that it should have: power, leftovers, and the end of a reset. */
  private static Plan keep(Observed o, Machine machine) {
    int target = o.holder() == Holder.CLAIM ? o.heldCloneNumber() : machine.cloneNumber();
    Optional<Clone> clone = o.clone(target).filter(Clone::usable);
    if (clone.isEmpty() || machine.cloneNumber() != target) {
      return cloneLost(o);
    }
    List<Action> actions = new ArrayList<>();
    place(o, clone.get(), actions);
    boolean running = o.holder() == Holder.CLAIM || o.spec().running();
    switchPower(o, machine, running).ifPresent(actions::add);
    o.clones().stream()
        .filter(other -> other.number() != target && other.usable())
        .map(other -> new DeleteClone(other.name(), other.number()))
        .forEach(actions::add);
    boolean instanceIsOld = o.instance().filter(i -> i.cloneNumber() != target).isPresent();
    if (o.holder() == Holder.NO_MORE) {
      if (clone.get().bound() && !instanceIsOld) {
        actions.add(new ClearClaim());
      }
      return Plan.on(DesktopPhase.RESETTING, "Resetting", "has a new disk", actions);
    }
    return standing(o, machine, clone.get(), running, actions);
  }

  private static Plan standing(
      Observed o, Machine machine, Clone clone, boolean running, List<Action> actions) {
    boolean held = o.holder() == Holder.CLAIM;
    if (!clone.bound()) {
      return Plan.on(DesktopPhase.CLONING, "Cloning", clone.name() + " is not bound yet", actions);
    }
    if (!running) {
      boolean off = machine.is(RunStrategy.HALTED) && o.instance().isEmpty();
      return off
          ? Plan.done(DesktopPhase.STOPPED, true, "Stopped", "powered off until claimed", actions)
          : Plan.on(DesktopPhase.STOPPED, "Stopping", "is powering off", actions);
    }
    boolean up =
        o.instance()
            .filter(i -> i.ready() && !i.terminating() && i.cloneNumber() == clone.number())
            .isPresent();
    if (up) {
      return held
          ? Plan.done(DesktopPhase.CLAIMED, false, "Claimed", "runs for its user", actions)
          : Plan.done(DesktopPhase.READY, true, "Running", "runs and is free", actions);
    }
    String trouble =
        o.instance().map(Instance::trouble).filter(t -> !t.isEmpty()).orElse(machine.trouble());
    String message = trouble.isEmpty() ? "the guest is starting" : trouble;
    return Plan.on(
        held ? DesktopPhase.CLAIMED : DesktopPhase.STARTING, "Starting", message, actions);
  }

  private static Optional<Action> switchPower(Observed o, Machine machine, boolean running) {
    int number = machine.cloneNumber();
    boolean old = o.instance().filter(i -> i.cloneNumber() != number).isPresent();
    boolean halted = machine.is(RunStrategy.HALTED);
    if (running && halted && isStopped(o)) {
      return Optional.of(new ApplyMachine(number, RunStrategy.RUNNING));
    }
    // KubeVirt starts a machine that its guest ended only when it comes from another strategy.
    boolean ended = machine.poweredOff() && o.instance().isEmpty();
    boolean mustHalt = !running || old || ended;
    return mustHalt && !halted
        ? Optional.of(new ApplyMachine(number, RunStrategy.HALTED))
        : Optional.empty();
  }

  private static Plan withNewClone(
      Observed o, Pool pool, int number, DesktopPhase phase, List<Action> before, Action... after) {
    return switch (o.version()) {
      case VersionState.NotReady(String reason, String message) ->
          Plan.on(phase, reason, message, before);
      case VersionState.Ready ready when o.node().isEmpty() ->
          Plan.on(
              phase,
              "NoNode",
              "no ready node of the storage driver can take a clone"
                  + (ready.nodeName().isEmpty() ? "" : ": the image is on " + ready.nodeName()),
              before);
      case VersionState.Ready ready -> {
        List<Action> actions = new ArrayList<>(before);
        long bytes = Math.max(ready.sizeBytes(), pool.diskBytes());
        actions.add(
            new CreateClone(
                number,
                o.spec().image().version(),
                ready.snapshotName(),
                bytes,
                o.node().orElseThrow()));
        actions.addAll(List.of(after));
        yield Plan.on(
            phase == DesktopPhase.PENDING ? DesktopPhase.CLONING : phase,
            "Cloning",
            "makes clone " + number,
            actions);
      }
    };
  }

  private static Optional<Clone> nextClone(Observed o, int after) {
    return o.clones().stream()
        .filter(clone -> clone.number() > after && clone.usable())
        .filter(clone -> clone.imageVersion().equals(o.spec().image().version()))
        .max(Comparator.comparingInt(Clone::number));
  }

  private static void place(Observed o, Clone clone, List<Action> actions) {
    if (!clone.bound() && !clone.placed()) {
      o.node().ifPresent(node -> actions.add(new PlaceClone(clone.name(), node)));
    }
  }

  /**
   * Whether a new clone should first follow the pool; a version that isn't ready is not followed.
   */
  private static boolean isBehind(Observed o, Pool pool) {
    return pool.imageReady()
        && !(pool.image().equals(o.spec().image())
            && pool.templateHash().equals(o.spec().templateHash()));
  }

  private static boolean isStopped(Observed o) {
    return o.instance().isEmpty() && o.machine().map(Machine::haltIsHandled).orElse(true);
  }

  private static Plan adopt(DesktopPhase phase, Pool pool, List<Action> before) {
    List<Action> actions = new ArrayList<>(before);
    actions.add(new AdoptRevision(pool.image(), pool.templateHash()));
    return Plan.on(phase, "Updating", "moves to image version " + pool.image().version(), actions);
  }

  private static Plan starting(Action action) {
    return Plan.on(DesktopPhase.STARTING, "Starting", "gets its machine", List.of(action));
  }

  private static Plan waiting(String reason, String message) {
    return Plan.on(DesktopPhase.PENDING, reason, message, List.of());
  }

  private static Plan cloneLost(Observed o) {
    String claim = o.spec().claimRef() == null ? "" : " " + o.spec().claimRef().name();
    return Plan.stalled(
        DesktopPhase.CLAIMED,
        "CloneLost",
        "the disk that its user wrote on was deleted or exchanged by hand: delete DesktopClaim%s,"
                .formatted(claim)
            + " and the desktop gets a new disk");
  }
}
