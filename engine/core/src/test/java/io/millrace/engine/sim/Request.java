package io.millrace.engine.sim;

import io.millrace.engine.core.Command;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A request or command between its submission and its answer. */
sealed interface Request {
  /** The event of the submission. */
  long invokedAt();

  /** Receives what a read saw. */
  interface Reader {
    void seen(View view, long sector, MemorySegment data, long invokedAt);

    /** Some of these sectors can't be read. */
    default void lost(View view, long sector, long sectors) {}
  }

  record Read(
      View view,
      long sector,
      MemorySegment buffer,
      long bytes,
      Reader reader,
      long misreads,
      long invokedAt)
      implements Request {
    long sectors() {
      return bytes / Stamp.SECTOR_BYTES;
    }

    @Override
    public String toString() {
      return "%s: read of %d bytes from sector %d [%d]".formatted(view, bytes, sector, invokedAt);
    }
  }

  /** A write, or a zeroing, which has no buffer. */
  record Change(
      View view, Op op, long sector, long sectors, @Nullable MemorySegment buffer, long misreads)
      implements Request {
    @Override
    public long invokedAt() {
      return op.invokedAt;
    }

    @Override
    public String toString() {
      return "%s: %s, %d sectors from %d".formatted(view, op, sectors, sector);
    }
  }

  record Flush(long invokedAt) implements Request {}

  record Close(long invokedAt) implements Request {}

  record Create(View view, Command command, long invokedAt) implements Request {}

  record Delete(View view, long invokedAt) implements Request {}

  /** All that the source holds is given to a volume. */
  record Fill(View view, View source, long invokedAt) implements Request {}

  /** A command that must be refused, and change nothing. */
  record WrongCommand(Command command, long invokedAt) implements Request {}

  record Resize(View view, long misreads, long invokedAt) implements Request {}

  /** A creation that was done before: the same object again. */
  record Repeat(View view, long invokedAt) implements Request {}

  /** The creation of a clone by which a snapshot is read. */
  record Probe(View view, long invokedAt) implements Request {}

  record EndOfProbe(long invokedAt) implements Request {}

  /** A request that the store must refuse with this error number. */
  record Wrong(MemorySegment buffer, int errno, long invokedAt) implements Request {}
}
