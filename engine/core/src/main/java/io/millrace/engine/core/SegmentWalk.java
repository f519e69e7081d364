package io.millrace.engine.core;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads of one segment the headers of its commits, one after the other, and not their data.
 *
 * <p>Each header says where the next one stands. Where that leads to the end of the segment, no
 * commit of this use of it is left out. Where it does not (the log ended there, a crash has left a
 * hole, a header is damaged, a page can't be read) the segment is read whole: what stands behind
 * tells one from the other. Small commits are read in ever larger pieces, large ones are stepped
 * over.
 */
final class SegmentWalk {
  private static final int PIECE_PAGES_MIN = 4;
  private static final int PIECE_PAGES_MAX = 128;

  /** So many pages that nobody needs cost less than another call. */
  private static final int GAP_PAGES_MAX = 32;

  /** Told what became of it; the lane is free again. */
  interface Ended {
    /** The headers lead from one to the next through all of the segment. */
    void chained(List<CommitHeader.Fields> commits);

    /** It was read whole, with this error number. */
    void whole(int errno);
  }

  private final Steps steps;
  private final LogScan scan;
  private final Geometry geometry;
  private final PageByPage lane;
  private final int segment;
  private final long sequenceMin;
  private final Ended ended;
  private final List<CommitHeader.Fields> commits = new ArrayList<>();
  private int page;
  private int from;
  private int end;
  private int piece = PIECE_PAGES_MIN;

  /** Which segment; commits of a lower sequence are of an earlier use of it. */
  record Of(int segment, long sequenceMin) {}

  SegmentWalk(Steps steps, LogScan scan, PageByPage lane, Of of, Ended ended) {
    this.steps = steps;
    this.scan = scan;
    this.lane = lane;
    segment = of.segment;
    sequenceMin = of.sequenceMin;
    this.ended = ended;
    geometry = scan.geometry();
  }

  /** Reads headers, and the whole only where these do not do. */
  void readHeaders() {
    readPiece(1);
  }

  private void readWhole() {
    steps.readPages(lane, segment, 0, geometry.segmentPages(), ended::whole);
  }

  private void walk() {
    while (page < geometry.usablePages()) {
      if (!isRead(1)) {
        readPiece(1);
        return;
      }
      int header = scan.headerPages(lane.buffer, page, segment);
      if (header == 0 || page + header > geometry.usablePages()) {
        readWhole();
        return;
      }
      if (!isRead(header)) {
        readPiece(header);
        return;
      }
      CommitHeader.Fields commit = scan.decode(lane.buffer, page, segment);
      if (commit == null || !goesOn(commit)) {
        readWhole();
        return;
      }
      commits.add(commit);
      page += commit.pages();
    }
    ended.chained(commits);
  }

  private boolean goesOn(CommitHeader.Fields commit) {
    return commits.isEmpty()
        ? commit.segmentSequence() >= sequenceMin
        : commit.segmentSequence() == commits.getFirst().segmentSequence();
  }

  private boolean isRead(int pages) {
    return page >= from && page + pages <= end;
  }

  private void readPiece(int pagesMin) {
    boolean near = end > 0 && page - end <= GAP_PAGES_MAX;
    piece = near ? Math.min(piece * 2, PIECE_PAGES_MAX) : PIECE_PAGES_MIN;
    from = page;
    end = Math.min(geometry.usablePages(), page + Math.max(piece, pagesMin));
    steps.read(
        geometry.offset(segment, from), lane.buffer.pages(from, end - from), this::pieceRead);
  }

  private void pieceRead(int errno) {
    if (errno != 0) {
      readWhole();
    } else {
      walk();
    }
  }
}
