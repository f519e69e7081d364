package io.millrace.engine.core;

import java.util.BitSet;
import java.util.function.IntConsumer;

/**
 * Reads a segment, and when that fails page by page, so that one bad sector costs one page. A page
 * that can't be read is zeros in the buffer.
 */
final class PageByPage {
  private final Disk disk;
  private final Geometry geometry;
  private final PageBuffer buffer;
  private final BitSet unreadable = new BitSet();
  private IntConsumer whenRead = _ -> {};
  private int segment;
  private int pending;
  private int errno;

  PageByPage(Disk disk, Geometry geometry, PageBuffer buffer) {
    this.disk = disk;
    this.geometry = geometry;
    this.buffer = buffer;
  }

  /** Reads; then tells 0, or the error number of a page that can't be read. */
  void read(int ofSegment, IntConsumer end) {
    segment = ofSegment;
    whenRead = end;
    errno = 0;
    unreadable.clear();
    disk.read(geometry.offset(segment, 0), buffer.memory, this::wholeRead);
  }

  /** The pages of the last segment that can't be read. */
  BitSet unreadable() {
    return unreadable;
  }

  private void wholeRead(int failed) {
    if (failed == 0) {
      whenRead.accept(0);
      return;
    }
    pending = geometry.segmentPages();
    for (int page = 0; page < geometry.segmentPages(); page++) {
      int p = page;
      disk.read(geometry.offset(segment, p), buffer.pages(p, 1), result -> pageRead(p, result));
    }
  }

  private void pageRead(int page, int failed) {
    if (failed != 0) {
      buffer.pages(page, 1).fill((byte) 0);
      unreadable.set(page);
      errno = failed;
    }
    if (--pending == 0) {
      whenRead.accept(errno);
    }
  }
}
