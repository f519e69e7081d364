package io.millrace.engine.sim;

/**
 * A change of a volume's content: a write or a zeroing. Its place in the store's order lies between
 * {@code invokedAt} and {@code answeredAt}; both count the events of the simulation.
 */
final class Op {
  /** What it leaves behind. */
  enum Content {
    STAMPS,
    /** Zeroes that were written like any other data, and take room like them. */
    ZERO_BYTES,
    /** A zeroed range. */
    NOTHING
  }

  static final long NEVER = Long.MAX_VALUE;

  /** What a new volume holds. */
  static final Op VOID = new Op(Stamp.ZEROES, Content.NOTHING, -1, -1);

  static {
    VOID.answeredAt = -1;
  }

  final long id;
  final Content content;
  final long invokedAt;

  /** Every operation invoked before this had been answered when this one was invoked. */
  final long oldestInFlight;

  /** The cell of a sector that holds this and nothing else. */
  final Cell settled = Cell.base(this);

  long answeredAt = NEVER;

  /** Answered with an error, or not answered before a crash: may be there in part. */
  boolean uncertain;

  Op(long id, Content content, long invokedAt, long oldestInFlight) {
    this.id = id;
    this.content = content;
    this.invokedAt = invokedAt;
    this.oldestInFlight = oldestInFlight;
  }

  boolean looksLike(long stamp) {
    return content == Content.STAMPS ? stamp == id : stamp == Stamp.ZEROES;
  }

  @Override
  public String toString() {
    return "%s %d [%d, %s]%s"
        .formatted(
            content == Content.STAMPS ? "write" : "zeroing",
            id,
            invokedAt,
            answeredAt == NEVER ? "in flight" : Long.toString(answeredAt),
            uncertain ? " uncertain" : "");
  }
}
