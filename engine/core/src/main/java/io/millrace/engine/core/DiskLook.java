package io.millrace.engine.core;

import java.lang.foreign.Arena;

/**
 * A look at what a disk holds: {@link #poll} it until {@link #done}. Writes nothing. Owner thread
 * only.
 *
 * <p>It reads the first and the last MiB: there every file system, partition table, RAID and volume
 * manager that we know of keeps its signature.
 */
public final class DiskLook {
  private static final int END_BYTES = 1 << 20;

  private final long sizeBytes;
  private final Disk disk;
  private final Steps steps;
  private final PageBuffer first;
  private final PageBuffer last;
  private DiskContent content = DiskContent.UNREADABLE;

  DiskLook(Storage storage) {
    sizeBytes = storage.sizeBytes() / Bytes.PAGE * Bytes.PAGE;
    disk = new Disk(storage, new Health());
    long bytes = Math.max(Bytes.PAGE, Math.min(END_BYTES, sizeBytes));
    first = new PageBuffer(Arena.ofAuto(), bytes);
    last = new PageBuffer(Arena.ofAuto(), bytes);
    steps = new Steps(disk, this::read);
  }

  /** Drains the storage and goes on. */
  public void poll() {
    disk.drain();
    steps.pump();
    disk.submit();
  }

  /** True when {@link #content} is known. */
  public boolean done() {
    return steps.ended();
  }

  /** What it found; valid when done. */
  public DiskContent content() {
    return content;
  }

  private void read() {
    if (sizeBytes == 0) {
      content = DiskContent.BLANK;
      return;
    }
    steps.read(0, first.memory);
    steps.read(sizeBytes - last.memory.byteSize(), last.memory);
    steps.then(this::judge);
  }

  private void judge() {
    if (steps.takeErrno() != 0) {
      content = DiskContent.UNREADABLE;
    } else if (superblockAt(Geometry.SUPERBLOCK_A) || superblockAt(Geometry.SUPERBLOCK_B)) {
      content = DiskContent.STORE;
    } else {
      content = blank(first) && blank(last) ? DiskContent.BLANK : DiskContent.FOREIGN;
    }
  }

  private boolean superblockAt(int page) {
    long at = (long) page * Bytes.PAGE;
    return at < first.memory.byteSize() && Bytes.u64(first.memory, at) == Superblock.MAGIC;
  }

  private static boolean blank(PageBuffer buffer) {
    for (long at = 0; at < buffer.memory.byteSize(); at += 8) {
      if (Bytes.u64(buffer.memory, at) != 0) {
        return false;
      }
    }
    return true;
  }
}
