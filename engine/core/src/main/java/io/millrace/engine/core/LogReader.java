package io.millrace.engine.core;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads the segments where the log may have gone on since a checkpoint into a {@link LogScan},
 * several at a time: those that were open, then the reserve in its order.
 *
 * <p>The log takes segments from the front of the reserve, so it has ended where many in a row hold
 * no commit. Of a good number of the next ones the first page is read too, so as not to hang on
 * that alone. Segments that hold chunks of the checkpoint are left out: they were taken from the
 * end of a reserve and may stand anywhere in the next.
 *
 * <p>Of a segment that is full the headers are read and not the data, see {@link SegmentWalk}. When
 * its commits turn out not to be of the log, it is read whole after all: it may be a leftover, with
 * newer commits among what were its data.
 */
final class LogReader {
  private static final int FIRST_PAGES_AT_A_TIME = 16;

  /** First pages that are read at most, for each segment that recovery scans ahead. */
  private static final int FIRST_PAGES_PER_SEGMENT = 16;

  private static final byte UNKNOWN = 0;
  private static final byte EMPTY = 1;
  private static final byte FOUND = 2;

  private final Steps steps;
  private final SegmentTable table;
  private final LogScan scan;
  private final Lanes lanes;
  private final PageBuffer buffer;
  private final Root root;

  /** Of the last opening. */
  private final long epoch;

  private final int scanAhead;
  private int[] segments = new int[0];
  private byte[] outcome = new byte[0];
  private int openCount;
  private Runnable whenRead = () -> {};

  /** The first of which nothing is known. */
  private int at;

  /** The first that is not being read. */
  private int next;

  private int emptyInARow;
  private int firstPages;
  private ArrayDeque<Integer> again = new ArrayDeque<>();
  private Optional<String> damage = Optional.empty();

  /**
   * @param scanAhead segments without a commit after which only first pages are read
   */
  LogReader(Steps steps, Recovery.Work work, int scanAhead) {
    this.steps = steps;
    this.scanAhead = scanAhead;
    table = work.table;
    scan = work.scan;
    lanes = work.lanes;
    buffer = work.buffer;
    root = work.root;
    epoch = work.superblock.epoch();
  }

  /** Reads the segments that were open at the checkpoint and the reserve, then takes that step. */
  void readThen(int[] open, int[] reserve, Runnable step) {
    openCount = open.length;
    int[] taken =
        Arrays.stream(reserve).filter(s -> table.state[s] != SegmentTable.CHECKPOINT).toArray();
    segments = Arrays.copyOf(open, open.length + taken.length);
    System.arraycopy(taken, 0, segments, open.length, taken.length);
    outcome = new byte[segments.length];
    whenRead = step;
    goOn();
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

  /** When nothing is under way. */
  private void goOn() {
    int emptyMax = scanAhead * (1 + FIRST_PAGES_PER_SEGMENT);
    if (damage.isPresent()) {
      whenRead.run();
    } else if (at >= segments.length || emptyInARow >= emptyMax) {
      again = scan.doubtful(root, epoch);
      readAgain();
    } else if (emptyInARow < scanAhead) {
      readSegments();
      steps.then(this::goOn);
    } else {
      readFirstPages();
    }
  }

  // ---- segments

  /** Begins as many as may be part of the log, as far as there are lanes. */
  private void readSegments() {
    while (next < segments.length && emptyInARow + next - at < scanAhead && damage.isEmpty()) {
      PageByPage lane = lanes.take();
      if (lane == null) {
        return;
      }
      int i = next++;
      walk(i, lane);
    }
  }

  private void walk(int i, PageByPage lane) {
    int segment = segments[i];
    long least = wasOpen(i) ? table.sequence[segment] : root.nextSegmentSequence();
    SegmentWalk.Ended ended =
        new SegmentWalk.Ended() {
          @Override
          public void chained(List<CommitHeader.Fields> commits) {
            boolean stillOpen =
                wasOpen(i) && commits.getFirst().segmentSequence() == table.sequence[segment];
            scan.add(lane.buffer, segment, commits, stillOpen);
            ended(i, lane);
          }

          @Override
          public void whole(int errno) {
            addWhole(lane, segment, least, errno);
            ended(i, lane);
          }
        };
    SegmentWalk.Of of = new SegmentWalk.Of(segment, least);
    new SegmentWalk(steps, scan, lane, of, ended).readHeaders();
  }

  private void addWhole(PageByPage lane, int segment, long least, int errno) {
    int doubtful = scan.add(lane.buffer, segment, least, lane.unreadable());
    if (doubtful >= 0 && damage.isEmpty()) {
      damage =
          Optional.of(
              "segment %d page %d can't be read (errno %d), and the log may go on there"
                  .formatted(segment, doubtful, errno));
    }
  }

  private void ended(int i, PageByPage lane) {
    lanes.giveBack(lane);
    outcome[i] = wasOpen(i) || scan.found(segments[i]) != null ? FOUND : EMPTY;
    while (at < next && outcome[at] != UNKNOWN) {
      emptyInARow = outcome[at] == FOUND ? 0 : emptyInARow + 1;
      at++;
    }
    readSegments();
  }

  // ---- first pages

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
    next = at;
    emptyInARow = passed < firstPages ? 0 : emptyInARow + passed;
    goOn();
  }

  private boolean begins(int i, int page) {
    return scan.mayBegin(buffer, page, segments[i], root.nextSegmentSequence());
  }

  // ---- leftovers

  private void readAgain() {
    startAgain();
    steps.then(whenRead);
  }

  private void startAgain() {
    PageByPage lane = again.isEmpty() ? null : lanes.take();
    while (lane != null) {
      readAgain(again.remove(), lane);
      lane = again.isEmpty() ? null : lanes.take();
    }
  }

  private void readAgain(int segment, PageByPage lane) {
    steps.readPages(
        lane,
        segment,
        0,
        table.geometry.segmentPages(),
        errno -> {
          addWhole(lane, segment, root.nextSegmentSequence(), errno);
          lanes.giveBack(lane);
          startAgain();
        });
  }
}
