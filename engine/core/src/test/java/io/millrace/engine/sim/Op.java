package io.millrace.engine.sim;

/**
 * A change of a volume's content: a write or a zeroing. Its place in the store's order lies between
 * {@code invokedAt} and {@code answeredAt}; both count the events of the simulation.
 */
final class Op {
  static final long NEVER = Long.MAX_VALUE;

  /** What a new volume holds. */
  static final Op VOID = new Op(Stamp.ZEROES, true, -1, -1);

  static {
    VOID.answeredAt = -1;
  }

  final long id;
  final boolean zeroes;
  final long invokedAt;

  /** Every operation invoked before this had been answered when this one was invoked. */
  final long oldestInFlight;

  /** The cell of a sector that holds this and nothing else. */
  final Cell settled = Cell.base(this);

  long answeredAt = NEVER;

  /** Answered with an error, or not answered before a crash: may be there in part. */
  boolean uncertain;

  Op(long id, boolean zeroes, long invokedAt, long oldestInFlight) {
    this.id = id;
    this.zeroes = zeroes;
    this.invokedAt = invokedAt;
    this.oldestInFlight = oldestInFlight;
  }

  boolean looksLike(long stamp) {
    return zeroes ? stamp == Stamp.ZEROES : stamp == id;
  }

  @Override
  public String toString() {
    return "%s %d [%d, %s]%s"
        .formatted(
            zeroes ? "zeroing" : "write",
            id,
            invokedAt,
            answeredAt == NEVER ? "in flight" : Long.toString(answeredAt),
            uncertain ? " uncertain" : "");
  }
}
