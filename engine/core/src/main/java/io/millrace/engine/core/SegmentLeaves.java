package io.millrace.engine.core;

/**
 * Has those leaves brought into memory that tell whose the live blocks of a segment are, so that
 * nobody is held up by whoever goes through them. One segment at a time; owner thread only.
 */
final class SegmentLeaves {
  /** Leaves that always leave memory again are not waited for forever. */
  private static final int WAITS_MAX = 256;

  private final SegmentTable table;
  private final Namespace namespace;
  private final Checksum checksum;
  private int waits;
  private long endedBefore;

  SegmentLeaves(SegmentTable table, Namespace namespace, Checksum checksum) {
    this.table = table;
    this.namespace = namespace;
    this.checksum = checksum;
  }

  /** Begins with a segment. */
  void begin() {
    waits = 0;
  }

  /**
   * Whether all that can come are there; if not ask again when something has ended.
   *
   * @param buffer all of the segment, each page in its place
   * @param sequence of the use of the segment
   */
  boolean areThere(PageBuffer buffer, int segment, long sequence) {
    long ended = namespace.pages.ended();
    if (waits > 0 && waits < WAITS_MAX && ended == endedBefore) {
      return false;
    }
    endedBefore = ended;
    return waits++ >= WAITS_MAX || ask(buffer, segment, sequence);
  }

  private boolean ask(PageBuffer buffer, int segment, long sequence) {
    boolean all = true;
    int usable = table.geometry.usablePages();
    int page = 0;
    while (page < usable) {
      CommitHeader.Fields commit = CommitHeader.decode(buffer, page, segment, usable, checksum);
      if (commit == null || commit.segmentSequence() != sequence) {
        page++;
        continue;
      }
      for (int i = 0; i < commit.entries(); i++) {
        all &= isThere(buffer, segment, commit, i);
      }
      page += commit.pages();
    }
    return all;
  }

  private boolean isThere(PageBuffer buffer, int segment, CommitHeader.Fields commit, int i) {
    long entry =
        (long) commit.page() * Bytes.PAGE
            + CommitHeader.FIXED_BYTES
            + (long) i * commit.entryBytes();
    boolean live = table.isLive(segment, commit.page() + commit.headerPages() + i);
    Layer layer = live ? namespace.owner(Bytes.u64(buffer.memory, entry)) : null;
    long leaf = CommitHeader.block(buffer.memory, entry) / Leaf.BLOCKS;
    return layer == null || namespace.pages.asked(layer.map, leaf);
  }
}
