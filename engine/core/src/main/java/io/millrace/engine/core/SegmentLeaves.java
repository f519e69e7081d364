package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * Has those leaves brought into memory that tell whose the live blocks of a segment are, so that
 * nobody is held up by whoever goes through them. One segment at a time; owner thread only.
 */
final class SegmentLeaves {
  private final SegmentTable table;
  private final Namespace namespace;
  private final Checksum checksum;
  private final LeafWait wait;
  private int missing;

  SegmentLeaves(SegmentTable table, Namespace namespace, Checksum checksum) {
    this.table = table;
    this.namespace = namespace;
    this.checksum = checksum;
    wait = new LeafWait(namespace.pages);
    wait.begin();
  }

  /** Begins with a segment. */
  void begin() {
    wait.begin();
  }

  /**
   * Whether all that can come are there; if not ask again when something has ended.
   *
   * @param segment all of it that counts
   */
  boolean areThere(CommitHeader.Pages segment) {
    if (!wait.rests() && !wait.isOver()) {
      look(segment);
      wait.looked(missing);
      return missing == 0;
    }
    return wait.isOver();
  }

  private void look(CommitHeader.Pages segment) {
    missing = 0;
    CommitHeader.forEach(
        segment,
        table.geometry,
        checksum,
        commit -> {
          for (int i = 0; i < commit.entries(); i++) {
            missing += isMissing(segment.buffer().memory, commit, i) ? 1 : 0;
          }
        });
  }

  private boolean isMissing(MemorySegment m, CommitHeader.Fields commit, int i) {
    int entry = commit.entryAt(i);
    boolean live = table.isLive(commit.segment(), commit.slot(i));
    Layer layer = live ? namespace.owner(Bytes.u64(m, entry)) : null;
    long leaf = CommitHeader.block(m, entry) / Leaf.BLOCKS;
    return layer != null && namespace.pages.expect(layer.map, leaf);
  }
}
