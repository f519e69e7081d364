package io.millrace.engine.core;

/**
 * How full the store may get, and how many segments each writer must leave to the others.
 *
 * <p>From the last segment backwards: a checkpoint always fits; the cleaner always has room to move
 * survivors; discards and commands always get through; the rest is for data. New data is refused
 * when live blocks reach the capacity, which leaves so many dead slots that cleaning always gains.
 */
final class Space {
  private static final int CLEANER_SEGMENTS = 3;
  private static final int RECORD_SEGMENTS = 1;

  private final SegmentTable table;
  private final Namespace namespace;
  private final long mapBytesMax;
  private final int blocksPerSegment;
  private final long emptyCapacity;
  private long stagedNew;

  Space(SegmentTable table, Namespace namespace, StoreOptions options) {
    this.table = table;
    this.namespace = namespace;
    this.mapBytesMax = options.mapBytesMax();
    blocksPerSegment = blocksPerSegment(table.geometry, options);
    emptyCapacity = capacityBlocks(checkpointShare());
  }

  /** Data blocks of a segment that is filled with the largest commits. */
  private static int blocksPerSegment(Geometry geometry, StoreOptions options) {
    int pages = geometry.usablePages();
    int perCommit = Math.min(options.commitBytesMax() / Bytes.PAGE, pages - 1);
    int header = CommitHeader.headerPages(perCommit, CommitHeader.RELOCATION_ENTRY_BYTES, 0);
    int commits = (pages + perCommit + header - 1) / (perCommit + header);
    return pages - commits * header;
  }

  /** Segments that the largest map of this store may need, roughly: 1 %, at least two. */
  private int checkpointShare() {
    return Math.max(2, table.segments() / 100);
  }

  /** Segments that the next checkpoint needs. */
  int checkpointSegments() {
    long payload =
        namespace.cells.usedBytes() * 5 / 4
            + 192L * (namespace.layers.size() + namespace.volumes.size())
            + 192L * namespace.snapshots.size()
            + 40L * table.segments();
    long perSegment = (long) table.geometry.usablePages() * Bytes.PAGE * 7 / 8;
    return (int) (payload * 9 / 8 / perSegment) + 2;
  }

  int leaveForCheckpoint() {
    return checkpointSegments();
  }

  int leaveForCleaner() {
    return leaveForCheckpoint() + CLEANER_SEGMENTS;
  }

  int leaveForRecords() {
    return leaveForCleaner() + RECORD_SEGMENTS;
  }

  private long capacityBlocks(int checkpointSegments) {
    int reserved =
        SegmentTable.FIRST + 2 * checkpointSegments + CLEANER_SEGMENTS + RECORD_SEGMENTS + 4;
    long segments = Math.max(0, table.segments() - reserved);
    return segments * blocksPerSegment * 15 / 16;
  }

  /** Blocks of a segment that holds nothing but the largest relocations. */
  int blocksPerSegment() {
    return blocksPerSegment;
  }

  /** The fewest segments that all live blocks fit into. */
  int segmentsWhenPacked() {
    return (int) ((table.liveBlocks() + blocksPerSegment - 1) / blocksPerSegment);
  }

  /** Room for data when empty, in blocks. */
  long capacityBlocks() {
    return emptyCapacity;
  }

  long freeBlocks() {
    long room = Math.min(emptyCapacity, capacityBlocks(checkpointSegments()));
    return Math.max(0, room - table.liveBlocks() - stagedNew);
  }

  /** Whether one more block may come to life. */
  boolean admits() {
    return freeBlocks() > 0 && namespace.cells.usedBytes() < mapBytesMax;
  }

  void staged(int newBlocks) {
    stagedNew += newBlocks;
  }

  void applied(int newBlocks) {
    stagedNew -= newBlocks;
  }
}
