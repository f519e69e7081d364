package io.millrace.engine.core;

import java.lang.foreign.Arena;

/** The open segment of a stream: where its next commit goes. */
final class LogHead {
  static final int STREAM_USER = 0;
  static final int STREAM_CLEANED = 1;

  /** A commit needs a header page and a block. */
  private static final int COMMIT_PAGES_MIN = 2;

  private final SegmentTable table;
  private final Disk disk;
  private final Checksum checksum;
  private final int stream;
  private final SummaryWrite[] summaries = new SummaryWrite[2];
  private int current;
  private int segment = -1;
  private int nextPage;

  LogHead(SegmentTable table, Disk disk, Checksum checksum, Arena arena, int stream) {
    this.table = table;
    this.disk = disk;
    this.checksum = checksum;
    this.stream = stream;
    for (int i = 0; i < summaries.length; i++) {
      summaries[i] = new SummaryWrite(arena);
    }
  }

  int segment() {
    return segment;
  }

  long sequence() {
    return table.sequence[segment];
  }

  int nextPage() {
    return nextPage;
  }

  int stream() {
    return stream;
  }

  int pagesLeft() {
    return segment < 0 ? 0 : table.geometry.usablePages() - nextPage;
  }

  /**
   * Makes room for at least one small commit; false when no segment can be taken, or when others
   * need even those that are left: the maps may have grown since this one was taken.
   */
  boolean ready(long newestLsn, int segmentsToLeave) {
    if (pagesLeft() >= COMMIT_PAGES_MIN) {
      return table.allocatable() >= segmentsToLeave;
    }
    if (table.allocatable() <= segmentsToLeave) {
      return false;
    }
    seal(newestLsn);
    int taken = table.takeForLog(stream);
    if (taken < 0) {
      return false;
    }
    segment = taken;
    nextPage = 0;
    summaries[current].claim();
    return true;
  }

  /** Takes a sealed batch's pages, which begin at {@link #nextPage}. */
  void advance(Batch batch) {
    nextPage += batch.pages();
    if (summaries[current].mine) {
      summaries[current].summary.add(batch);
    }
  }

  /** Ends the open segment with its summary. */
  void seal(long newestLsn) {
    if (segment < 0) {
      return;
    }
    table.seal(segment, nextPage, newestLsn);
    if (nextPage > 0 && summaries[current].mine) {
      summaries[current].submit();
    }
    summaries[current].mine = false;
    current = 1 - current;
    segment = -1;
  }

  /** One summary and its write; a summary that is late for its turn is left out: it is optional. */
  private final class SummaryWrite implements Disk.Done {
    final Summary summary;
    boolean mine;
    private boolean busy;
    private int target;

    SummaryWrite(Arena arena) {
      Geometry geometry = table.geometry;
      long bytes = (long) geometry.summaryPages() * Bytes.PAGE;
      summary = new Summary(new PageBuffer(arena, bytes), geometry);
    }

    /** Begins the summary of the segment that was just opened, unless it is late. */
    void claim() {
      mine = !busy;
      if (mine) {
        summary.clear();
      }
    }

    void submit() {
      busy = true;
      target = segment;
      table.writeBegins(target);
      summary.seal(segment, sequence(), stream, nextPage, checksum);
      long offset = table.geometry.offset(target, table.geometry.usablePages());
      disk.write(offset, summary.buffer().memory, this);
    }

    @Override
    public void done(int errno) {
      busy = false;
      table.writeEnds(target);
    }
  }
}
