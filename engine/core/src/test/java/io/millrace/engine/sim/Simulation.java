package io.millrace.engine.sim;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.StoreAudit;
import io.millrace.engine.core.StoreState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs the steps of one seed on one store, and throws a {@link Violation} where it breaks a
 * promise.
 *
 * <p>Single-threaded; two runs of the same setup and steps do the same, to the byte.
 */
final class Simulation {
  private static final int POLLS_MAX = 1_000_000;
  private static final long IDLE_NANOS = 2_000_000_000L;
  private static final int LOSSES_PER_REBUILD = 16;

  private final Setup setup;
  private final List<Step> steps;
  private final Narrative narrative;
  private final Trace trace = new Trace();
  private final Model model = new Model();
  private final Requests requests;
  private final Machine machine;
  private final Blame blame;
  private final Submitter submitter;
  private final Importer importer;
  private final Probes probes;
  private final Trouble trouble;
  private final Tally tally;
  private boolean over;
  private boolean mayFailToRecover = true;
  private long segmentsFreeAtStart;
  private int reached;
  private long lossesOfPower;

  /** Why a store is opened. */
  private enum After {
    FORMAT,
    CLOSE,
    PROCESS_LOSS,
    POWER_LOSS
  }

  Simulation(Setup setup, List<Step> steps, Buffers buffers, Tally tally, Narrative narrative) {
    this.setup = setup;
    this.steps = steps;
    this.narrative = narrative;
    this.tally = tally;
    requests = new Requests(model, trace, buffers, new WhatMayFail(), tally, narrative);
    machine = new Machine(setup, trace, requests, model, tally);
    blame = machine.blame();
    trouble = new Trouble(setup, machine.medium(), machine.storage(), machine.faults());
    submitter = new Submitter(setup, model, machine, requests, buffers);
    importer = new Importer(setup, model, machine, requests, submitter);
    probes = new Probes(model, machine, requests);
    buffers.reset();
  }

  /** The step that was running when a violation was thrown. */
  int reached() {
    return reached;
  }

  /** Returns a hash of everything that crossed a seam. */
  long run() {
    tally.count(Tally.Event.RUN);
    try {
      begin();
      for (reached = 0; reached < steps.size() && !over; reached++) {
        Step step = steps.get(reached);
        tally.count(Tally.Event.STEP);
        narrative.add(step::toString);
        perform(step);
        carryOn(step.dice());
      }
    } catch (Violation violation) {
      throw violation;
    } catch (RuntimeException | AssertionError broken) {
      throw new Violation("the store threw " + broken, broken);
    }
    return trace.hash();
  }

  Machine machine() {
    return machine;
  }

  Model model() {
    return model;
  }

  Submitter submitter() {
    return submitter;
  }

  private final class WhatMayFail implements Requests.Excuses {
    @Override
    public boolean forStop() {
      return blame.forStop();
    }

    @Override
    public boolean forAnything() {
      return blame.forAnything();
    }

    @Override
    public boolean forEio(View view, long sector, long sectors, long misreads) {
      return blame.forEio(machine.store(), view.readableId(), sector, sectors, misreads);
    }

    /** Twice the blocks that may be alive would not fit. */
    @Override
    public boolean forNoSpace() {
      return model.mappedBlocks() * 4096 * 100 > 35L * machine.store().info().capacityBytes();
    }
  }

  private void begin() {
    Dice dice = new Dice(setup.seed() + 1);
    if (dice.percent(30)) {
      machine.medium().scribble(dice);
    }
    if (dice.percent(20)) {
      machine.format(true, dice.below(20));
      machine.storage().losePower(dice);
    }
    machine.format(true, POLLS_MAX);
    machine.open();
    recover(After.FORMAT);
    segmentsFreeAtStart = machine.store().stats().segmentsFree();
    submitter.createVolume(dice);
  }

  void perform(Step step) {
    Dice dice = step.dice();
    switch (step.kind()) {
      case WRITE -> submitter.write(dice);
      case REWRITE -> submitter.rewrite(dice);
      case READ -> submitter.read(dice);
      case ZERO -> submitter.zero(dice);
      case DISCARD -> submitter.discard(dice);
      case FLUSH -> submitter.flush(dice);
      case WAIT -> pump(dice.below(60));
      case CREATE_VOLUME -> submitter.createVolume(dice);
      case CLONE_SNAPSHOT -> submitter.cloneSnapshot(dice);
      case CLONE_VOLUME -> submitter.cloneVolume(dice);
      case CREATE_SNAPSHOT -> submitter.createSnapshot(dice);
      case DELETE_VOLUME -> submitter.delete(dice, false);
      case DELETE_SNAPSHOT -> submitter.delete(dice, true);
      case RESIZE -> submitter.resize(dice);
      case REPEAT_COMMAND -> submitter.repeatCommand(dice);
      case FILL -> submitter.fill(dice);
      case IMPORT -> importer.run(dice);
      case CHECKPOINT -> StoreAudit.checkpoint(machine.store());
      case CLEAN -> StoreAudit.clean(machine.store());
      case MERGE -> merge(dice);
      case DRAIN -> drain();
      case VERIFY -> verify();
      case IDLE -> machine.idle(dice.below(IDLE_NANOS));
      case LOSE_POWER -> losePower(dice);
      case LOSE_PROCESS -> loseProcess(dice);
      case REOPEN -> reopen();
      case EMPTY -> empty();
      case POLL -> pump((int) step.salt());
      case FAIL_CALL -> trouble.failCall(dice);
      case DAMAGE -> trouble.damage(dice);
    }
  }

  /** Polls a little, and looks whether the store still serves. */
  private void carryOn(Dice salt) {
    Dice dice = new Dice(~salt.next());
    pump(setup.pollsBetweenStepsMax() == 0 ? 0 : dice.oneOf(0, 0, 1, setup.pollsBetweenStepsMax()));
    if (over) {
      return;
    }
    if (machine.store().state() == StoreState.SERVING) {
      if (dice.percent(10)) {
        StoreAudit.check(machine.store());
      }
      return;
    }
    tally.count(Tally.Event.STOP);
    if (!blame.forStop()) {
      throw new Violation(
          "%s without a reason: %s".formatted(machine.store().state(), machine.store().reason()));
    }
    drain();
    if (dice.percent(50)) {
      losePower(dice);
    } else {
      reopen();
    }
  }

  private void pump(int polls) {
    for (int i = 0; i < polls && machine.poll(); i++) {
      // Time moves in poll.
    }
  }

  /** A layer between two others loses its name. */
  private void merge(Dice dice) {
    submitter.createSnapshot(dice);
    submitter.write(dice);
    drain();
    submitter.delete(dice, true);
  }

  private void drain() {
    machine.await("requests in flight", () -> requests.size() == 0);
  }

  private void losePower(Dice dice) {
    for (boolean up = false; !up; ) {
      narrative.add(() -> "  the power fails");
      machine.losePower(dice);
      afterCrash();
      checkRebuild();
      machine.open();
      if (mayFailToRecover && dice.percent(15)) {
        trouble.anything(dice);
      }
      up = machine.recover(dice.percent(25) ? dice.below(40) : POLLS_MAX);
    }
    recover(After.POWER_LOSS);
  }

  /** Now and then: what a rebuild finds is what an opening finds, wherever the log was cut. */
  private void checkRebuild() {
    boolean sound = setup.faults().isEmpty() && setup.broken() == BrokenRule.NONE;
    if (sound && ++lossesOfPower % LOSSES_PER_REBUILD == 0) {
      tally.count(Tally.Event.REBUILD);
      StoreAudit.checkRebuild(machine.medium().current());
    }
  }

  /** The power fails and these writes survive; it fails no more during recovery. */
  void losePower(Survival.Choice choice) {
    machine.losePower(new Dice(1), choice);
    afterCrash();
    machine.open();
    recover(After.POWER_LOSS);
  }

  /** Perhaps again while it recovers; all that was answered is there, unless the power fails. */
  private void loseProcess(Dice dice) {
    boolean keeps = machine.outlivesKills() && !blame.forAnything();
    long answeredUpTo = model.event();
    for (boolean up = false; !up; ) {
      machine.loseProcess(dice);
      afterCrash();
      machine.open();
      up = machine.recover(dice.percent(25) ? dice.below(40) : POLLS_MAX);
      if (!up && dice.percent(50)) {
        losePower(dice);
        return;
      }
    }
    if (keeps && !blame.forAnything()) {
      model.durableUpTo(answeredUpTo);
    }
    recover(After.PROCESS_LOSS);
  }

  /** Also after a failed sync: what it covered is seen again, and is not durable. */
  private void reopen() {
    drain();
    machine.store().close(requests.add(new Request.Close(model.event())));
    machine.await("the end of a close", requests::closed);
    StoreState state = machine.store().state();
    if (state != StoreState.CLOSED && !blame.forStop()) {
      throw new Violation("closed, and is " + state);
    }
    afterCrash();
    machine.open();
    recover(state == StoreState.CLOSED ? After.CLOSE : After.PROCESS_LOSS);
  }

  private void afterCrash() {
    tally.add(Tally.Event.LOSS_IN_FILL, model.fills() ? 1 : 0);
    model.crashed();
    requests.forget();
    machine.faults().disarm();
  }

  /** Brings a store that was opened to where work can go on, and compares all of it. */
  private void recover(After when) {
    machine.recover(POLLS_MAX);
    tally.count(Tally.Event.RECOVERY);
    machine.faults().disarm();
    if (machine.store().state() != StoreState.SERVING) {
      refused(when);
      return;
    }
    mayFailToRecover = true;
    narrative.add(() -> "  serves again after " + when);
    long kept = blame.keptAtLeast();
    model.reconcile(found(), kept < model.floor() || blame.forLostCommand());
    CutSearch search = model.search(kept);
    model.views().forEach(search::observe);
    comparison(search).run();
    search.finish();
    if (machine.store().state() == StoreState.SERVING) {
      settle(search, when);
      blame.settled();
    } else {
      model.leaveUnsettled(search);
    }
  }

  private void refused(After when) {
    tally.count(Tally.Event.REFUSAL);
    if (!blame.forRefusal()) {
      throw new Violation(
          "%s after %s: %s".formatted(machine.store().state(), when, machine.store().reason()));
    }
    over = !blame.passes();
    if (!over) {
      recoverWithoutFaults();
    }
  }

  /** A read that failed is no damage: the next attempt must go well. */
  private void recoverWithoutFaults() {
    mayFailToRecover = false;
    losePower(new Dice(reached));
  }

  /**
   * After a power loss all that is found is durable; else a flush must make it so before it is all
   * that may be found.
   */
  private void settle(CutSearch search, After when) {
    List<View> volumes = model.usable(false);
    if (when != After.POWER_LOSS && !volumes.isEmpty()) {
      machine.store().flush(volumes.getFirst().id, requests.add(new Request.Flush(model.floor())));
      drain();
    }
    model.settle(search);
  }

  private Map<String, Model.Found> found() {
    Map<String, Model.Found> found = new LinkedHashMap<>();
    Catalog catalog = machine.store().catalog();
    for (Catalog.Volume volume : catalog.volumes()) {
      if (!Probes.isProbe(volume)) {
        found.put(volume.name(), new Model.Found(volume.id(), false, volume.sizeBytes()));
      }
    }
    for (Catalog.Snapshot snapshot : catalog.snapshots()) {
      found.put(snapshot.name(), new Model.Found(snapshot.id(), true, snapshot.sizeBytes()));
    }
    return found;
  }

  private void verify() {
    drain();
    comparison(model::checkRead).run();
  }

  private Comparison comparison(Request.Reader reader) {
    return new Comparison(model, machine, requests, submitter, probes, reader);
  }

  /** Deletes everything: the store must be as empty as when it was formatted. */
  private void empty() {
    drain();
    for (View view : List.copyOf(model.views())) {
      submitter.delete(view);
    }
    drain();
    machine.idle(30 * IDLE_NANOS);
    StoreAudit.check(machine.store());
    long physicalBytes = machine.store().info().physicalBytes();
    if (physicalBytes != 0) {
      throw new Violation("all is deleted, and %d bytes are alive".formatted(physicalBytes));
    }
    long free = machine.store().stats().segmentsFree();
    if (free < segmentsFreeAtStart - 4) {
      throw new Violation(
          "all is deleted, and %d segments are free, of %d".formatted(free, segmentsFreeAtStart));
    }
  }
}
