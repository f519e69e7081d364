package io.millrace.engine.daemon.qos;

import io.millrace.engine.core.Clock;
import io.millrace.engine.core.Store;
import java.util.ArrayList;
import java.util.List;

/**
 * The gates of all volumes that are served. They follow the limits in the store's catalog, and
 * share out each turn of the reactor by weight among those that were busy a moment ago: who is
 * alone has all of it. Reactor thread only; a turn makes no object.
 */
public final class VolumeGates {
  /** Cost that begins in a turn, and so what a request waits behind at most. */
  private static final int TURN = 32;

  private static final long BUSY_NANOS = 20_000_000;
  private static final long RECOUNT_NANOS = 1_000_000;

  private final Store store;
  private final Clock clock;
  private final List<VolumeGate> gates = new ArrayList<>();
  private long seenChanges = -1;
  private long turns;
  private long nowNanos;
  private long countedNanos;
  private long busyWeight;

  public VolumeGates(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
    nowNanos = clock.nanos();
    countedNanos = nowNanos - RECOUNT_NANOS;
  }

  /** The fronts begin to take requests, of each volume in turn. */
  public void beginTurn() {
    nowNanos = clock.nanos();
    turns++;
    if (store.limitChanges() != seenChanges) {
      seenChanges = store.limitChanges();
      takeOverLimits();
    }
    if (nowNanos - countedNanos >= RECOUNT_NANOS) {
      countedNanos = nowNanos;
      busyWeight = countBusyWeight();
    }
  }

  private void takeOverLimits() {
    for (int i = 0; i < gates.size(); i++) {
      VolumeGate gate = gates.get(i);
      gate.set(store.limits(gate.volumeId()), nowNanos);
    }
  }

  private long countBusyWeight() {
    long sum = 0;
    for (int i = 0; i < gates.size(); i++) {
      VolumeGate gate = gates.get(i);
      sum += nowNanos - gate.lastBegunNanos < BUSY_NANOS ? gate.weight() : 0;
    }
    return sum;
  }

  /** Whether the volume may begin its next request now, in this turn. */
  public boolean admits(VolumeGate gate) {
    gate.turn(turns, quantum(gate.weight(), busyWeight));
    return gate.hasTurn() && gate.dueIn(nowNanos) == 0;
  }

  /** Nanoseconds from this turn until the volume's next request may be taken; 0: now. */
  public long dueIn(VolumeGate gate) {
    return gate.dueIn(nowNanos);
  }

  /**
   * A request has begun. Flushes, and what is no I/O, are not told.
   *
   * @param moved bytes that it reads or writes; 0 for a discard and for zeroes
   */
  public void begun(VolumeGate gate, long moved) {
    gate.begun(moved, nowNanos);
  }

  /** What a volume may begin in a turn: its share by weight, and never nothing. */
  static long quantum(long weight, long busyWeight) {
    return Math.max(1, TURN * weight / Math.max(weight, busyWeight));
  }

  /**
   * The gate of a volume, for one more front or connection; the same for all, and for one that
   * comes back before what it took is paid for: it gets no new burst.
   */
  public VolumeGate enter(long volumeId) {
    VolumeGate gate = find(volumeId);
    gate.users++;
    forgetUnused();
    return gate;
  }

  private VolumeGate find(long volumeId) {
    for (VolumeGate gate : gates) {
      if (gate.volumeId() == volumeId) {
        return gate;
      }
    }
    VolumeGate gate = new VolumeGate(volumeId, clock.nanos() - BUSY_NANOS);
    gate.set(store.limits(volumeId), clock.nanos());
    gates.add(gate);
    return gate;
  }

  /** One front or connection less. */
  public void leave(VolumeGate gate) {
    gate.users--;
    forgetUnused();
  }

  private void forgetUnused() {
    long now = clock.nanos();
    gates.removeIf(gate -> gate.users == 0 && gate.isPaid(now));
  }
}
