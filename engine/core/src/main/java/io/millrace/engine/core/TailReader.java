package io.millrace.engine.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Reads commits of the end of the log again, with their data, several at a time. */
final class TailReader {
  /** Takes a commit that was read. */
  interface Visitor {
    /** May write from the buffer; false: no more. */
    boolean visit(CommitHeader.Fields commit, PageByPage read);
  }

  private record Read(CommitHeader.Fields commit, PageByPage lane) {}

  private final Steps steps;
  private final Lanes lanes;
  private final ArrayDeque<CommitHeader.Fields> left;
  private final Visitor visitor;
  private final Runnable whenDone;
  private final List<Read> batch = new ArrayList<>();

  TailReader(
      Steps steps,
      Lanes lanes,
      Collection<CommitHeader.Fields> commits,
      Visitor visitor,
      Runnable whenDone) {
    this.steps = steps;
    this.lanes = lanes;
    left = new ArrayDeque<>(commits);
    this.visitor = visitor;
    this.whenDone = whenDone;
  }

  /** Shows all to the visitor, in their order, then takes the step. */
  void run() {
    batch.forEach(read -> lanes.giveBack(read.lane));
    batch.clear();
    if (left.isEmpty()) {
      whenDone.run();
      return;
    }
    PageByPage lane = lanes.take();
    while (lane != null) {
      CommitHeader.Fields commit = left.remove();
      batch.add(new Read(commit, lane));
      steps.readPages(lane, commit.segment(), commit.page(), commit.pages(), _ -> {});
      lane = left.isEmpty() ? null : lanes.take();
    }
    steps.then(this::visit);
  }

  /** What it writes ends before the next are read. */
  private void visit() {
    for (Read read : batch) {
      if (!visitor.visit(read.commit, read.lane)) {
        return;
      }
    }
    steps.then(this::run);
  }
}
