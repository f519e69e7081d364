package io.millrace.engine.sim;

import io.millrace.engine.core.Answers;
import io.millrace.engine.core.FormatOptions;
import io.millrace.engine.core.Formatting;
import io.millrace.engine.core.KeptMemory;
import io.millrace.engine.core.StagingMemory;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreAudit;
import io.millrace.engine.core.StoreState;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A store with its disk and its clock: moves time from one event to the next. */
final class Machine {
  /** Simulated time in which everything that was asked for must have been answered. */
  private static final long PATIENCE_NANOS = 120_000_000_000L;

  private static final int POLLS_WITHOUT_EVENT_MAX = 20_000;
  private static final int POLLS_MAX = 60_000;

  private final Setup setup;
  private final SimClock clock = new SimClock();
  private final Faults faults;
  private final Medium medium;
  private final SimStorage storage;
  private final Blame blame;
  private final Answers answers;
  private final Tally tally;
  private final KeptMemory memory = new KeptMemory();
  private @Nullable Store store;
  private int pollsWithoutEvent;

  Machine(Setup setup, Trace trace, Answers answers, Model model, Tally tally) {
    this.setup = setup;
    this.answers = answers;
    this.tally = tally;
    faults = new Faults(tally);
    medium = new Medium(setup.diskBytes(), setup.mayLie());
    storage = new SimStorage(medium, clock, trace, faults, setup, () -> blame().promised());
    blame = new Blame(storage, medium, faults, model);
  }

  SimStorage storage() {
    return storage;
  }

  Medium medium() {
    return medium;
  }

  Blame blame() {
    return blame;
  }

  Faults faults() {
    return faults;
  }

  Store store() {
    return Objects.requireNonNull(store);
  }

  /**
   * Formats the disk.
   *
   * @param pollsMax the power fails after so many polls
   * @return whether it went to the end
   */
  boolean format(boolean force, int pollsMax) {
    UUID uuid = new UUID(Dice.mix(setup.seed()), clock.nanos());
    Formatting formatting =
        Store.format(
            storage,
            clock,
            new FormatOptions(uuid, Dice.mix(~setup.seed()), setup.segmentBytes(), force));
    for (int polls = 0; polls < pollsMax; polls++) {
      formatting.poll();
      if (formatting.done()) {
        formatting
            .failure()
            .ifPresent(
                why -> {
                  throw new Violation("format failed: " + why);
                });
        return true;
      }
      long due = storage.nextDueNanos();
      if (due == Long.MAX_VALUE) {
        throw new Violation("format waits for nothing");
      }
      clock.advanceTo(due);
    }
    return false;
  }

  /** Whether writes are staged in memory that stays when the process is killed. */
  boolean outlivesKills() {
    return Dice.mix(setup.seed() + 2) % 4 != 0;
  }

  void open() {
    countWorks();
    blame.opens();
    StagingMemory staging = outlivesKills() ? memory : StagingMemory.NONE;
    store = Store.open(storage, clock, setup.options(), staging);
    pollsWithoutEvent = 0;
  }

  /**
   * Polls until the store has recovered, or has found that it can't.
   *
   * @param pollsMax gives up after so many
   * @return whether it came to an end
   */
  boolean recover(int pollsMax) {
    for (int polls = 0; polls < pollsMax; polls++) {
      if (store().state() != StoreState.RECOVERING) {
        return true;
      }
      if (!poll() && store().state() == StoreState.RECOVERING) {
        throw new Violation("recovery waits for nothing");
      }
    }
    return false;
  }

  /**
   * Polls once, and moves time to when something is due.
   *
   * @return false when nothing ever will be
   */
  boolean poll() {
    long before = clock.nanos();
    int inFlight = storage.inFlight();
    long wait = store().poll(answers);
    if (storage.prepared() > 0 && wait > 0) {
      throw new Violation(storage.prepared() + " calls were asked for and never submitted");
    }
    if (wait < 0) {
      throw new Violation("poll wants to be called again in %d ns".formatted(wait));
    }
    long timer = wait == Long.MAX_VALUE ? Long.MAX_VALUE : clock.nanos() + wait;
    long next = Math.min(timer, storage.nextDueNanos());
    if (next == Long.MAX_VALUE) {
      return false;
    }
    clock.advanceTo(next);
    watchProgress(before == clock.nanos() && inFlight == storage.inFlight());
    return true;
  }

  private void watchProgress(boolean idle) {
    pollsWithoutEvent = idle ? pollsWithoutEvent + 1 : 0;
    if (pollsWithoutEvent > POLLS_WITHOUT_EVENT_MAX) {
      throw new Violation(
          "the store asks to be polled at once, %d times in a row, and does nothing"
              .formatted(pollsWithoutEvent));
    }
  }

  /** Something that the simulation waits for. */
  interface Condition {
    boolean met();
  }

  void await(String what, Condition condition) {
    long patience = clock.nanos() + PATIENCE_NANOS;
    for (int polls = 0; !condition.met(); polls++) {
      checkPolls(polls, what);
      if (!poll() && !condition.met()) {
        throw new Violation(
            "hangs, and waits for nothing: %s; %s; %s"
                .formatted(what, store().stats(), store().info()));
      }
      if (clock.nanos() > patience) {
        throw new Violation("hangs for %d s: %s".formatted(PATIENCE_NANOS / 1_000_000_000, what));
      }
    }
  }

  /** Lets the store do what it wants for a while. */
  void idle(long nanos) {
    long until = clock.nanos() + nanos;
    for (int polls = 0; clock.nanos() < until && poll(); polls++) {
      checkPolls(polls, "background work");
    }
    clock.advanceTo(until);
  }

  private void checkPolls(int polls, String what) {
    if (polls > POLLS_MAX) {
      throw new Violation("%d polls and no end: %s; %s".formatted(polls, what, store().stats()));
    }
  }

  void losePower(Dice crash) {
    losePower(crash, Survival.choose(crash).with(crash));
  }

  void losePower(Dice crash, Survival.Choice choice) {
    tally.count(Tally.Event.POWER_LOSS);
    countLoss();
    storage.losePower(crash, choice);
    memory.lose();
  }

  void loseProcess(Dice crash) {
    tally.count(Tally.Event.PROCESS_LOSS);
    countLoss();
    storage.loseProcess(crash);
  }

  private void countLoss() {
    Store lost = store;
    if (lost == null) {
      return;
    }
    StoreAudit.Works works = StoreAudit.works(lost);
    tally.add(Tally.Event.LOSS_IN_CLEANING, works.cleaning() ? 1 : 0);
    tally.add(Tally.Event.LOSS_IN_CHECKPOINT, works.checkpointing() ? 1 : 0);
    boolean recovering = lost.state() == StoreState.RECOVERING;
    tally.add(Tally.Event.LOSS_IN_RECOVERY, recovering ? 1 : 0);
    countWorks();
  }

  /** The store is not used any more: adds what it has done. */
  void countWorks() {
    Store last = store;
    if (last != null) {
      StoreAudit.Works works = StoreAudit.works(last);
      tally.add(Tally.Event.CHECKPOINT, works.checkpoints());
      tally.add(Tally.Event.SEGMENT_CLEANED, works.segmentsCleaned());
      tally.add(Tally.Event.MERGE, works.merges());
      tally.add(Tally.Event.MAPS_READ, works.mapsRead());
      tally.add(Tally.Event.MAPS_LEFT, works.mapsLeft());
      store = null;
    }
  }
}
