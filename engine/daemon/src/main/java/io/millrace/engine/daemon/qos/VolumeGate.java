package io.millrace.engine.daemon.qos;

import io.millrace.engine.core.Limits;

/**
 * What one volume may do now: its limits, and its share of a turn of the reactor, both for all that
 * serve it together. A front asks before it takes a request from its client, and tells what it was;
 * so the requests of a volume that has to wait stay where they cost nobody anything.
 *
 * <p>Turns are shared out by deficit round robin (Shreedhar and Varghese, 1995): what a volume took
 * beyond its quantum is taken off the next. Reactor thread only; makes no object.
 */
public final class VolumeGate {
  private static final long BYTES_LIKE_A_REQUEST = 64 << 10;

  private final long volumeId;
  private final Rate requests = new Rate();
  private final Rate bytes = new Rate();
  private Limits limits = Limits.NONE;

  /** Cost that may begin in this turn; below 0 what is owed to others. */
  private long credit;

  private long lastTurn;
  long lastBegunNanos;

  /** How many fronts serve the volume. */
  int users;

  VolumeGate(long volumeId, long lastBegunNanos) {
    this.volumeId = volumeId;
    this.lastBegunNanos = lastBegunNanos;
  }

  long volumeId() {
    return volumeId;
  }

  void set(Limits now, long nowNanos) {
    if (now.equals(limits)) {
      return;
    }
    limits = now;
    requests.set(limits.iops(), limits.burstSecondsOrDefault(), nowNanos);
    bytes.set(limits.bytesPerSecond(), limits.burstSecondsOrDefault(), nowNanos);
  }

  /** A new turn has begun, in which its share is so large. */
  void turn(long turn, long quantum) {
    if (turn != lastTurn) {
      lastTurn = turn;
      credit = Math.min(credit, 0) + quantum;
    }
  }

  /** Whether it has some of its share of this turn left. */
  boolean hasTurn() {
    return credit > 0;
  }

  /** Nanoseconds until the next request may be taken; 0: now. */
  long dueIn(long nowNanos) {
    return Math.max(requests.dueIn(nowNanos), bytes.dueIn(nowNanos));
  }

  /** Whether a new gate would be the same. */
  boolean isPaid(long nowNanos) {
    return requests.isPaid(nowNanos) && bytes.isPaid(nowNanos);
  }

  void begun(long moved, long nowNanos) {
    requests.take(1, nowNanos);
    bytes.take(moved, nowNanos);
    credit -= 1 + moved / BYTES_LIKE_A_REQUEST;
    lastBegunNanos = nowNanos;
  }

  int weight() {
    return limits.weightOrDefault();
  }
}
