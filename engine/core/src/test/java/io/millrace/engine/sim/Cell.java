package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The history of one sector, newest invocation first; the last cell of a chain is its base: one of
 * some operations that are older than the rest.
 */
final class Cell {
  /** Of a base: which operations it may be. */
  private final Op @Nullable [] alternatives;

  private final @Nullable Op op;
  private final @Nullable Cell below;

  /**
   * A read that met no operation in flight saw {@code op} at this time, so that it is the newest.
   */
  private final long pinnedAt;

  private Cell(Op @Nullable [] alternatives, @Nullable Op op, @Nullable Cell below, long pinnedAt) {
    this.alternatives = alternatives;
    this.op = op;
    this.below = below;
    this.pinnedAt = pinnedAt;
  }

  static Cell base(Op... alternatives) {
    return new Cell(alternatives, null, null, -1);
  }

  static Cell base(List<Op> alternatives) {
    return alternatives.size() == 1
        ? alternatives.getFirst().settled
        : base(alternatives.toArray(Op[]::new));
  }

  Cell under(Op newer) {
    return new Cell(null, newer, this, -1);
  }

  /** What it is from now on, after a quiet read saw {@code seen}. */
  Cell pinned(Op seen, long now) {
    return alternatives == null ? new Cell(null, seen, this, now) : seen.settled;
  }

  /** Any of the operations that it may be, or may have been. */
  Cell unknown() {
    List<Op> all = new ArrayList<>();
    for (Cell cell = this; cell != null; cell = cell.below) {
      if (cell.alternatives == null) {
        all.add(cell.operation());
      } else {
        all.addAll(List.of(cell.alternatives));
      }
    }
    return base(all);
  }

  /** The operation of a sector with one possible content, else null. */
  @Nullable Op only() {
    return alternatives != null && alternatives.length == 1 ? alternatives[0] : null;
  }

  /** What may be read by a read that was invoked at {@code from}, now. */
  List<Op> legal(long from) {
    List<Op> found = new ArrayList<>();
    long newestComplete = -1;
    long oldestPossible = -1;
    for (Cell cell = this; cell != null; cell = cell.below) {
      if (cell.alternatives != null) {
        if (newestComplete < 0) {
          found.addAll(List.of(cell.alternatives));
        }
        break;
      }
      if (newestComplete >= 0 && cell.invokedAt() < oldestPossible) {
        break;
      }
      if (cell.answeredAt() > newestComplete) {
        found.add(cell.operation());
      }
      if (newestComplete < 0 && !cell.maybe() && cell.answeredAt() < from) {
        newestComplete = cell.invokedAt();
        oldestPossible = cell.pinnedAt >= 0 ? newestComplete : cell.operation().oldestInFlight;
      }
    }
    return found;
  }

  /**
   * The cuts of the store's order after which the sector may look like {@code stamp}; empty when
   * there is none. Pins don't count: what was read before a crash may be lost by it.
   */
  List<Cuts> cuts(long stamp) {
    List<Cuts> found = new ArrayList<>();
    List<Op> newer = new ArrayList<>();
    for (Cell cell = this; cell != null; cell = cell.below) {
      if (cell.alternatives != null) {
        for (Op op : cell.alternatives) {
          if (op.looksLike(stamp)) {
            found.add(new Cuts(-1, latest(newer, -1), op));
          }
        }
      } else if (cell.pinnedAt < 0) {
        Op op = cell.operation();
        if (op.looksLike(stamp)) {
          found.add(new Cuts(op.invokedAt, latest(newer, op.answeredAt), op));
        }
        newer.add(op);
      }
    }
    return found;
  }

  /** An operation that surely came after, surely happened, and is not seen, was not reached. */
  private static long latest(List<Op> newer, long answeredAt) {
    long latest = Long.MAX_VALUE;
    for (Op op : newer) {
      if (op.invokedAt > answeredAt && !op.uncertain) {
        latest = Math.min(latest, op.answeredAt);
      }
    }
    return latest;
  }

  /** Whether an operation on it was under way at this time, or was invoked later. */
  boolean changedSince(long event) {
    for (Cell cell = this; cell != null; cell = cell.below) {
      if (cell.alternatives == null
          ? cell.operation().answeredAt > event
          : cell.isNewerThan(event)) {
        return true;
      }
    }
    return false;
  }

  /** Of a base: a crash has ended what was under way. */
  private boolean isNewerThan(long event) {
    return Arrays.stream(Objects.requireNonNull(alternatives)).anyMatch(o -> o.invokedAt > event);
  }

  private Op operation() {
    return Objects.requireNonNull(op);
  }

  private long invokedAt() {
    return pinnedAt >= 0 ? pinnedAt : operation().invokedAt;
  }

  private long answeredAt() {
    return pinnedAt >= 0 ? pinnedAt : operation().answeredAt;
  }

  private boolean maybe() {
    return pinnedAt < 0 && operation().uncertain;
  }

  /** For messages: the newest few of the chain. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    Cell cell = this;
    for (int i = 0; cell != null && i < 6; i++, cell = cell.below) {
      text.append(i == 0 ? "" : " < ");
      text.append(
          cell.alternatives != null
              ? "base " + List.of(cell.alternatives)
              : (cell.pinnedAt >= 0 ? "pinned " : "") + cell.operation());
    }
    return text.toString();
  }
}
