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
  private static final int READ_SECTORS_MAX = 512;
  private static final int POLLS_MAX = 1_000_000;
  private static final long IDLE_NANOS = 2_000_000_000L;

  private final Setup setup;
  private final List<Step> steps;
  private final Narrative narrative;
  private final Trace trace = new Trace();
  private final Model model = new Model();
  private final Requests requests;
  private final Machine machine;
  private final Submitter submitter;
  private final Probes probes;
  private final Trouble trouble;
  private final Tally tally;
  private long faultsForgiven;
  private boolean damaged;

  /** What was damaged may be missing: nothing on the disk tells that it was there. */
  private boolean lenient;

  private boolean over;
  private boolean mayFailToRecover = true;
  private long segmentsFreeAtStart;
  private int reached;

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
    machine = new Machine(setup, trace, requests, tally);
    trouble = new Trouble(setup, machine.medium(), machine.storage(), machine.faults());
    submitter = new Submitter(setup, model, machine, requests, buffers);
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
    machine.countWorks();
    return trace.hash();
  }

  private final class WhatMayFail implements Requests.Excuses {
    @Override
    public boolean forErrors() {
      return machine.faults().struck() > faultsForgiven;
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

  private void perform(Step step) {
    Dice dice = step.dice();
    switch (step.kind()) {
      case WRITE -> submitter.write(dice);
      case REWRITE -> submitter.rewrite(dice);
      case READ -> submitter.read(dice);
      case ZERO -> submitter.zero(dice);
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
      case DRAIN -> drain();
      case VERIFY -> verify();
      case IDLE -> machine.idle(dice.below(IDLE_NANOS));
      case LOSE_POWER -> losePower(dice);
      case LOSE_PROCESS -> loseProcess(dice);
      case REOPEN -> reopen();
      case EMPTY -> empty();
      case POLL -> pump((int) step.salt());
      case FAIL_CALL -> trouble.failCall(dice);
      case DAMAGE -> {
        damaged = true;
        trouble.damage(dice);
      }
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
    if (!excused()) {
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

  private boolean excused() {
    return machine.faults().struck() > faultsForgiven;
  }

  private void drain() {
    machine.await("requests in flight", () -> requests.size() == 0);
  }

  private void losePower(Dice dice) {
    for (boolean up = false; !up; ) {
      narrative.add(() -> "  the power fails");
      machine.losePower(dice);
      afterCrash();
      machine.open();
      if (mayFailToRecover && dice.percent(10)) {
        trouble.failRead(dice);
      }
      up = machine.recover(dice.percent(25) ? dice.below(40) : POLLS_MAX);
    }
    recover(After.POWER_LOSS);
  }

  private void loseProcess(Dice dice) {
    machine.loseProcess(dice);
    afterCrash();
    machine.open();
    if (!machine.recover(dice.percent(25) ? dice.below(40) : POLLS_MAX)) {
      losePower(dice);
      return;
    }
    recover(After.PROCESS_LOSS);
  }

  /** Also after a failed sync: what it covered is seen again, and is not durable. */
  private void reopen() {
    drain();
    machine.store().close(requests.add(new Request.Close(model.event())));
    machine.await("the end of a close", requests::closed);
    StoreState state = machine.store().state();
    if (state != StoreState.CLOSED && !excused()) {
      throw new Violation("closed, and is " + state);
    }
    afterCrash();
    machine.open();
    recover(state == StoreState.CLOSED ? After.CLOSE : After.PROCESS_LOSS);
  }

  private void afterCrash() {
    model.crashed();
    requests.forget();
    machine.faults().disarm();
    damaged &= excused();
    lenient |= damaged && machine.storage().lostWithoutTrace();
    if (!damaged) {
      faultsForgiven = machine.faults().struck();
    }
  }

  /** Brings a store that was opened to where work can go on, and compares all of it. */
  private void recover(After when) {
    machine.recover(POLLS_MAX);
    tally.count(Tally.Event.RECOVERY);
    if (machine.store().state() != StoreState.SERVING) {
      tally.count(Tally.Event.REFUSAL);
      if (!excused()) {
        throw new Violation(
            "%s after %s: %s".formatted(machine.store().state(), when, machine.store().reason()));
      }
      over = damaged;
      if (!damaged) {
        recoverWithoutFaults();
      }
      return;
    }
    mayFailToRecover = true;
    machine.faults().disarm();
    narrative.add(() -> "  serves again after " + when);
    model.reconcile(found(), lenient);
    CutSearch search = model.searchCut(lenient);
    model.views().forEach(search::observe);
    compare((v, sector, data, from) -> search.observe(v, sector, data));
    search.finish();
    over = damaged;
    if (!damaged && machine.store().state() == StoreState.SERVING) {
      settle(search, when);
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
    compare(model::checkRead);
  }

  /** Reads all that is there; the snapshots by clones of them. */
  private void compare(Request.Reader reader) {
    List<View> snapshots = model.usable(true);
    probes.insert(snapshots);
    for (View view : List.copyOf(model.views())) {
      boolean decided = view.created && !view.deleting && view.nextSizeBytes == 0;
      if (decided && view.readableId() != 0) {
        readAll(view, reader);
      }
    }
    drain();
    StoreAudit.check(machine.store());
    probes.remove(snapshots);
  }

  /** Reads what was ever written, in runs, and a bit of what never was. */
  private void readAll(View view, Request.Reader reader) {
    long end = view.sizeBytes / Stamp.SECTOR_BYTES;
    long from = 0;
    long to = 0;
    for (long first : view.writtenChunks()) {
      if (first != to || to - from >= READ_SECTORS_MAX) {
        read(view, from, Math.min(to, end), reader);
        from = first;
      }
      to = first + View.CHUNK_SECTORS;
    }
    read(view, from, Math.min(to, end), reader);
    read(view, Math.max(0, end - 8), end, reader);
  }

  private void read(View view, long from, long to, Request.Reader reader) {
    if (from < to) {
      submitter.read(view, from, (to - from) * Stamp.SECTOR_BYTES, reader);
    }
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
