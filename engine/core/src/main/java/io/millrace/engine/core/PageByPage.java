package io.millrace.engine.core;

import java.util.BitSet;
import java.util.function.IntConsumer;

/**
 * Reads pages of a segment to their places in a buffer of its size, and when that fails page by
 * page, so that one bad sector costs one page. A page that can't be read is zeros in the buffer.
 */
final class PageByPage {
  final PageBuffer buffer;
  private final Disk disk;
  private final Geometry geometry;
  private final BitSet unreadable = new BitSet();
  private IntConsumer whenRead = _ -> {};
  private int segment;
  private int first;
  private int count;
  private int pending;
  private int errno;

  PageByPage(Disk disk, Geometry geometry, PageBuffer buffer) {
    this.disk = disk;
    this.geometry = geometry;
    this.buffer = buffer;
  }

  /** Reads all of a segment; then tells 0, or the error number of a page that can't be read. */
  void read(int ofSegment, IntConsumer end) {
    read(ofSegment, 0, geometry.segmentPages(), end);
  }

  /** The same of some pages. */
  void read(int ofSegment, int firstPage, int pages, IntConsumer end) {
    segment = ofSegment;
    first = firstPage;
    count = pages;
    whenRead = end;
    errno = 0;
    unreadable.clear();
    disk.read(geometry.offset(segment, first), buffer.pages(first, count), this::allRead);
  }

  /** The pages of the last read that can't be read. */
  BitSet unreadable() {
    return unreadable;
  }

  private void allRead(int failed) {
    if (failed == 0) {
      whenRead.accept(0);
      return;
    }
    pending = count;
    for (int page = first; page < first + count; page++) {
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
