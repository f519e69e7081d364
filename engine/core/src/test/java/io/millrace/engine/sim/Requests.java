package io.millrace.engine.sim;

import io.millrace.engine.core.Answers;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.Errno;
import io.millrace.engine.core.StoreError;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** The requests in flight; compares each answer with the model and tells it. */
final class Requests implements Answers {
  private static final byte POISON = 0x5A;
  private static final long POISONED_BYTES_MAX = 64 << 10;

  /** What a store may do that it must not without a reason. */
  interface Excuses {
    /** It may have stopped. */
    boolean forStop();

    /** It has stopped, or something is lost. */
    boolean forAnything();

    /** It may be unable to read one of these sectors. */
    boolean forEio(View view, long sector, long sectors, long misreads);

    /** There is so much in the store that it may be full. */
    boolean forNoSpace();
  }

  private final Model model;
  private final Trace trace;
  private final Buffers buffers;
  private final Excuses excuses;
  private final Tally tally;
  private final Narrative narrative;
  private final Map<Long, Request> inFlight = new LinkedHashMap<>();
  private long tags;
  private boolean closed;

  Requests(
      Model model,
      Trace trace,
      Buffers buffers,
      Excuses excuses,
      Tally tally,
      Narrative narrative) {
    this.tally = tally;
    this.model = model;
    this.trace = trace;
    this.buffers = buffers;
    this.excuses = excuses;
    this.narrative = narrative;
  }

  long add(Request request) {
    inFlight.put(++tags, request);
    narrative.add(() -> "  %d: %s".formatted(tags, request));
    return tags;
  }

  int size() {
    return inFlight.size();
  }

  boolean closed() {
    return closed;
  }

  boolean touches(View view) {
    return inFlight.values().stream()
        .anyMatch(
            r ->
                switch (r) {
                  case Request.Read read -> read.view() == view;
                  case Request.Change change -> change.view() == view;
                  default -> false;
                });
  }

  /** The store is gone with everything in flight. */
  void forget() {
    inFlight.clear();
    buffers.reset();
    closed = false;
  }

  @Override
  public void answered(long tag, int errno) {
    trace.fold(tag * 31 + errno);
    narrative.add(() -> "  %d answered: %d".formatted(tag, errno));
    switch (take(tag)) {
      case Request.Read read -> endRead(read, errno);
      case Request.Change change -> endChange(change, errno);
      case Request.Flush flush -> endFlush(flush, errno);
      case Request.Close close -> endClose(close, errno);
      case Request.Wrong wrong -> endWrong(wrong, errno);
      case Request other -> throw new Violation("a data answer to the command " + other);
    }
  }

  @Override
  public void commanded(long tag, CommandResult result) {
    trace.fold(tag * 31 + result.toString().hashCode());
    narrative.add(() -> "  %d answered: %s".formatted(tag, result));
    switch (take(tag)) {
      case Request.Create create -> endCreate(create, result);
      case Request.Delete delete -> endDelete(delete, result);
      case Request.Fill fill -> endFill(fill, result);
      case Request.WrongCommand wrong -> endWrongCommand(wrong, result);
      case Request.Resize resize -> endResize(resize, result);
      case Request.Repeat repeat -> endRepeat(repeat, result);
      case Request.Probe probe -> endProbe(probe, result);
      case Request.EndOfProbe end -> endOfProbe(result);
      case Request other -> throw new Violation("a command's answer to " + other);
    }
  }

  private Request take(long tag) {
    Request request = inFlight.remove(tag);
    if (request == null) {
      throw new Violation("answer to tag %d, which is not in flight".formatted(tag));
    }
    tally.count(Tally.Event.ANSWER);
    return request;
  }

  private void endRead(Request.Read read, int errno) {
    MemorySegment data = read.buffer().asSlice(0, read.bytes());
    if (errno == 0) {
      trace.fold(data);
      read.reader().seen(read.view(), read.sector(), data, read.invokedAt());
    } else if (errno == Errno.EIO && mayBeLost(read)) {
      tally.count(Tally.Event.LOST_BLOCK);
      read.reader().lost(read.view(), read.sector(), read.sectors());
    } else {
      throw new Violation("error %d without a reason: %s".formatted(errno, read));
    }
    buffers.giveBack(read.buffer());
  }

  /** A block that was lost at the time of the read may be another by now. */
  private boolean mayBeLost(Request.Read read) {
    boolean changed = read.view().changedSince(read.sector(), read.sectors(), read.invokedAt());
    return (changed && excuses.forAnything())
        || excuses.forEio(read.view(), read.sector(), read.sectors(), read.misreads());
  }

  private void endChange(Request.Change change, int errno) {
    model.answered(change.op(), errno == 0);
    if (errno == 0) {
      tally.count(Tally.Event.CHANGE);
      if (change.view().acknowledgesWhenDurable) {
        // As a flush that was invoked with it.
        model.durableUpTo(change.op().invokedAt);
      }
    } else if (errno != Errno.EIO
        || !excuses.forEio(change.view(), change.sector(), change.sectors(), change.misreads())) {
      checkRefusal(change.toString(), errno);
    }
    if (change.buffer() != null) {
      long bytes = change.sectors() * Stamp.SECTOR_BYTES;
      change.buffer().asSlice(0, Math.min(bytes, POISONED_BYTES_MAX)).fill(POISON);
      buffers.giveBack(change.buffer());
    }
  }

  private void checkRefusal(String what, int errno) {
    tally.add(Tally.Event.NO_SPACE, errno == Errno.ENOSPC ? 1 : 0);
    boolean expected =
        switch (errno) {
          case Errno.ENOSPC -> excuses.forNoSpace() || excuses.forAnything();
          case Errno.EIO, Errno.ESHUTDOWN -> excuses.forStop();
          default -> false;
        };
    if (!expected) {
      throw new Violation("error %d without a reason: %s".formatted(errno, what));
    }
  }

  private void endFlush(Request.Flush flush, int errno) {
    if (errno == 0) {
      model.durableUpTo(flush.invokedAt());
    } else {
      checkRefusal(flush.toString(), errno);
    }
  }

  private void endClose(Request.Close close, int errno) {
    closed = true;
    if (errno == 0) {
      model.durableUpTo(close.invokedAt());
    } else if (!excuses.forAnything()) {
      throw new Violation("close: error " + errno);
    }
  }

  private void endWrong(Request.Wrong wrong, int errno) {
    if (errno != wrong.errno() && !excuses.forAnything()) {
      throw new Violation("error %d where %d was due".formatted(errno, wrong.errno()));
    }
    buffers.giveBack(wrong.buffer());
  }

  private void endCreate(Request.Create create, CommandResult result) {
    View view = create.view();
    unlock(view);
    switch (result) {
      case CommandResult.VolumeDone done -> {
        checkSize(view, done.volume().sizeBytes());
        model.created(view, done.volume().id());
      }
      case CommandResult.SnapshotDone done -> {
        checkSize(view, done.snapshot().sizeBytes());
        model.created(view, done.snapshot().id());
      }
      case CommandResult.Gone gone -> throw new Violation("created, and answered as " + gone);
      case CommandResult.Refused refused -> {
        checkRefusal(create.toString(), refused.error());
        if (!(refused.error() instanceof StoreError.Stopped)) {
          model.removed(view);
        }
      }
    }
  }

  private static void checkSize(View view, long sizeBytes) {
    if (view.sizeBytes != sizeBytes) {
      throw new Violation("%s has %d bytes, not %d".formatted(view, sizeBytes, view.sizeBytes));
    }
  }

  private void checkRefusal(String what, StoreError error) {
    boolean expected =
        switch (error) {
          case StoreError.NoSpace noSpace -> excuses.forNoSpace() || excuses.forAnything();
          case StoreError.Stopped stopped -> excuses.forStop();
          default -> false;
        };
    if (!expected) {
      throw new Violation("%s refused without a reason: %s".formatted(what, error));
    }
  }

  private static void unlock(View view) {
    view.commands--;
    if (view.source != null) {
      view.source.commands--;
    }
  }

  private void endDelete(Request.Delete delete, CommandResult result) {
    delete.view().commands--;
    switch (result) {
      case CommandResult.Gone gone -> {
        model.removed(delete.view());
        model.durableUpTo(delete.invokedAt());
      }
      case CommandResult.Refused refused when excuses.forAnything() -> {}
      default -> throw new Violation("delete of %s: %s".formatted(delete.view(), result));
    }
  }

  private void endFill(Request.Fill fill, CommandResult result) {
    fill.view().commands--;
    fill.source().commands--;
    switch (result) {
      case CommandResult.VolumeDone done -> {
        checkSize(fill.view(), done.volume().sizeBytes());
        model.filled(fill.view(), done.volume().id());
        tally.count(Tally.Event.VOLUME_FILLED);
      }
      case CommandResult.Refused refused -> {
        checkRefusal(fill.toString(), refused.error());
        if (!(refused.error() instanceof StoreError.Stopped)) {
          model.notFilled(fill.view());
        }
      }
      default -> throw new Violation("%s: %s".formatted(fill, result));
    }
  }

  private void endWrongCommand(Request.WrongCommand wrong, CommandResult result) {
    if (!(result instanceof CommandResult.Refused(StoreError error))) {
      throw new Violation("%s was not refused: %s".formatted(wrong, result));
    }
    if (!(error instanceof StoreError.FailedPrecondition)
        && !(error instanceof StoreError.NotFound)) {
      checkRefusal(wrong.toString(), error);
    }
  }

  private void endResize(Request.Resize resize, CommandResult result) {
    View view = resize.view();
    view.commands--;
    switch (result) {
      case CommandResult.VolumeDone done -> {
        view.sizeBytes = view.nextSizeBytes;
        view.nextSizeBytes = 0;
        checkSize(view, done.volume().sizeBytes());
        view.truncate();
        model.durableUpTo(resize.invokedAt());
      }
      case CommandResult.Refused refused -> {
        // The last block may be lost or misread, and so can't be zeroed in part.
        if (!excuses.forAnything() && !excuses.forEio(view, 0, 1, resize.misreads())) {
          checkRefusal("resize of " + view, refused.error());
        }
        if (!(refused.error() instanceof StoreError.Stopped)) {
          view.nextSizeBytes = 0;
        }
      }
      default -> throw new Violation("resize of %s: %s".formatted(view, result));
    }
  }

  private void endRepeat(Request.Repeat repeat, CommandResult result) {
    View view = repeat.view();
    unlock(view);
    switch (result) {
      case CommandResult.VolumeDone done when done.volume().id() == view.id -> {}
      case CommandResult.SnapshotDone done when done.snapshot().id() == view.id -> {}
      case CommandResult.Refused refused when excuses.forAnything() -> {}
      default -> throw new Violation("%s asked for again: %s".formatted(view, result));
    }
  }

  private void endProbe(Request.Probe probe, CommandResult result) {
    switch (result) {
      case CommandResult.VolumeDone done -> {
        checkSize(probe.view(), done.volume().sizeBytes());
        probe.view().probeId = done.volume().id();
      }
      case CommandResult.Refused refused -> checkRefusal(probe.toString(), refused.error());
      default -> throw new Violation("clone of %s: %s".formatted(probe.view(), result));
    }
  }

  private void endOfProbe(CommandResult result) {
    if (!(result instanceof CommandResult.Gone) && !excuses.forAnything()) {
      throw new Violation("delete of a clone: " + result);
    }
  }
}
