package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * Reads of a storage one at a time, each to its end: for tools, which have nobody else to serve. It
 * has no write.
 */
final class BlockingDisk {
  private final Disk disk;
  private final long sizeBytes;
  private boolean ended;
  private int errno;

  BlockingDisk(Storage storage) {
    disk = new Disk(storage, new Health());
    sizeBytes = storage.sizeBytes();
  }

  long sizeBytes() {
    return sizeBytes;
  }

  /** The errno; EIO for what the disk does not have. */
  int read(long offset, MemorySegment into) {
    if (offset < 0 || offset > sizeBytes - into.byteSize()) {
      return Errno.EIO;
    }
    ended = false;
    disk.read(offset, into, this::end);
    while (!ended) {
      disk.drain();
    }
    return errno;
  }

  /** Runs a recovery that writes nothing to its end. */
  void run(Recovery recovery) {
    recovery.pump();
    while (recovery.loaded() == null && recovery.damage().isEmpty()) {
      disk.drain();
      recovery.pump();
    }
  }

  /** What a recovery reads through. */
  Disk disk() {
    return disk;
  }

  private void end(int result) {
    errno = result;
    ended = true;
  }
}
