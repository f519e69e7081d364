package io.millrace.engine.core;

import java.util.Arrays;
import java.util.Optional;

/**
 * Reads the segments where the log may have gone on since a checkpoint into a {@link LogScan}:
 * those that were open, then the reserve in its order.
 *
 * <p>The log takes segments from the front of the reserve, so it has ended where many in a row hold
 * no commit. Of a good number of the next ones the first page is read too, so as not to hang on
 * that alone. Segments that hold chunks of the checkpoint are left out: they were taken from the
 * end of a reserve and may stand anywhere in the next.
 */
final class LogReader {
  private static final int FIRST_PAGES_AT_A_TIME = 16;

  /** First pages that are read at most, for each segment that recovery scans ahead. */
  private static final int FIRST_PAGES_PER_SEGMENT = 16;

  private final Steps steps;
  private final SegmentTable table;
  private final LogScan scan;
  private final PageBuffer buffer;
  private final PageByPage whole;
  private final Limits limits;
  private int[] segments = new int[0];
  private int openCount;
  private Runnable whenRead = () -> {};
  private int at;
  private int emptyInARow;
  private int firstPages;
  private Optional<String> damage = Optional.empty();

  /**
   * What tells the log of today from that of yesterday, and where to stop.
   *
   * @param reserveSequence the lowest sequence of a segment that was taken since the checkpoint
   * @param scanAhead segments without a commit after which only first pages are read
   */
  record Limits(long reserveSequence, int scanAhead) {}

  LogReader(Steps steps, SegmentTable table, LogScan scan, PageBuffer buffer, Limits limits) {
    whole = steps.pageByPage(table.geometry, buffer);
    this.steps = steps;
    this.table = table;
    this.scan = scan;
    this.buffer = buffer;
    this.limits = limits;
  }

  /** Reads the segments that were open at the checkpoint and the reserve, then takes that step. */
  void readThen(int[] open, int[] reserve, Runnable step) {
    openCount = open.length;
    segments = Arrays.copyOf(open, open.length + reserve.length);
    System.arraycopy(reserve, 0, segments, open.length, reserve.length);
    whenRead = step;
    readNext();
  }

  Optional<String> damage() {
    return damage;
  }

  /** The segments where the log may be, in the order of use. */
  int[] segments() {
    return segments;
  }

  boolean wasOpen(int i) {
    return i < openCount;
  }

  private void readNext() {
    while (at < segments.length && table.state[segments[at]] == SegmentTable.CHECKPOINT) {
      at++;
    }
    int emptyMax = limits.scanAhead() * (1 + FIRST_PAGES_PER_SEGMENT);
    if (at >= segments.length || emptyInARow >= emptyMax) {
      whenRead.run();
    } else if (emptyInARow < limits.scanAhead) {
      steps.readSegment(whole, segments[at]);
      steps.then(this::segmentRead);
    } else {
      readFirstPages();
    }
  }

  private void segmentRead() {
    int errno = steps.takeErrno();
    int segment = segments[at];
    long least = wasOpen(at) ? table.sequence[segment] : limits.reserveSequence;
    int doubtful = scan.add(buffer, segment, least, whole.unreadable());
    if (doubtful >= 0) {
      damage =
          Optional.of(
              "segment %d page %d can't be read (errno %d), and the log may go on there"
                  .formatted(segment, doubtful, errno));
      whenRead.run();
      return;
    }
    emptyInARow = wasOpen(at) || scan.found(segment) != null ? 0 : emptyInARow + 1;
    at++;
    readNext();
  }

  private void readFirstPages() {
    firstPages = Math.min(FIRST_PAGES_AT_A_TIME, segments.length - at);
    for (int i = 0; i < firstPages; i++) {
      steps.read(table.geometry.offset(segments[at + i], 0), buffer.pages(i, 1));
    }
    steps.then(this::firstPagesRead);
  }

  private void firstPagesRead() {
    int failed = steps.takeErrno();
    int passed = 0;
    while (passed < firstPages && failed == 0 && !begins(at + passed, passed)) {
      passed++;
    }
    at += passed;
    emptyInARow = passed < firstPages ? 0 : emptyInARow + passed;
    readNext();
  }

  private boolean begins(int i, int page) {
    return table.state[segments[i]] != SegmentTable.CHECKPOINT
        && scan.mayBegin(buffer, page, segments[i], limits.reserveSequence);
  }
}
