package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Work on a disk in steps: each submits its calls and names the step that follows when all of them
 * have ended. Owner thread only.
 */
final class Steps {
  private final Disk disk;
  private int pending;
  private int errno;
  private @Nullable Runnable next;

  Steps(Disk disk, Runnable first) {
    this.disk = disk;
    next = first;
  }

  /** Takes the next steps as far as nothing is under way. */
  void pump() {
    while (pending == 0 && next != null) {
      Runnable step = next;
      next = null;
      step.run();
    }
  }

  boolean ended() {
    return next == null && pending == 0;
  }

  void then(Runnable step) {
    next = step;
  }

  void stop() {
    next = null;
  }

  void read(long offset, MemorySegment into) {
    pending++;
    disk.read(offset, into, this::callEnded);
  }

  /** Reads, and tells the end of this one call. */
  void read(long offset, MemorySegment into, IntConsumer end) {
    pending++;
    disk.read(
        offset,
        into,
        result -> {
          pending--;
          end.accept(result);
        });
  }

  PageByPage pageByPage(Geometry geometry, PageBuffer buffer) {
    return new PageByPage(disk, geometry, buffer);
  }

  void readSegment(PageByPage reader, int segment) {
    pending++;
    reader.read(segment, this::callEnded);
  }

  /** Reads pages to their places, and tells the end of this one call. */
  void readPages(PageByPage reader, int segment, int page, int pages, IntConsumer end) {
    pending++;
    reader.read(
        segment,
        page,
        pages,
        result -> {
          pending--;
          end.accept(result);
        });
  }

  void write(long offset, MemorySegment from) {
    pending++;
    disk.write(offset, from, this::callEnded);
  }

  void syncThen(Runnable step) {
    pending++;
    disk.sync(this::callEnded);
    next = step;
  }

  /** An error number of the calls since this was last asked; 0 when all went well. */
  int takeErrno() {
    int taken = errno;
    errno = 0;
    return taken;
  }

  private void callEnded(int result) {
    pending--;
    errno = result != 0 ? result : errno;
  }
}
