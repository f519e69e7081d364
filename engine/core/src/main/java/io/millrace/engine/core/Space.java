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

  private static final long LAYER_RECORD_BYTES = 28;

  /** Growth of a checkpoint that data leave to the whiteouts of discards. */
  private static final int WHITEOUT_SEGMENTS = 1;

  /** What a block that comes to life may add to the maps, when it is alone in its leaf. */
  private static final int GROWTH_OF_BLOCK =
      112 + LiveImage.leafBytesMax() + IndexImage.RUN_BYTES + IndexImage.LEAF_BYTES;

  private final SegmentTable table;
  private final Namespace namespace;
  private final CheckpointSize size;
  private final long mapBytesMax;
  private final long mapBytesKept;
  private final int blocksPerSegment;
  private final long emptyCapacity;
  private long stagedNew;
  private long stagedGrowth;
  private int heldSegments;
  private int checkpointOwns;
  private int checkpointTook;

  Space(SegmentTable table, Namespace namespace, StoreOptions options) {
    this.table = table;
    this.namespace = namespace;
    size = CheckpointSize.of(table.geometry);
    this.mapBytesMax = options.mapBytesMax();
    mapBytesKept = options.tuning().mapBytesKept();
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

  /** Segments that a checkpoint needs, with all that is staged. */
  int checkpointSegments() {
    return checkpointSegments(0);
  }

  private int checkpointSegments(long growth) {
    long staged = stagedGrowth + stagedNew * GROWTH_OF_BLOCK + growth;
    long catalog =
        LAYER_RECORD_BYTES * namespace.layers.size()
            + 320L * (namespace.volumes.size() + namespace.snapshots.size())
            + (Chunk.SEGMENT_BYTES + 4L + LiveImage.segmentBytes(table.geometry)) * table.segments()
            + namespace.cells.whiteBytesMax();
    long maps = namespace.cells.imageBytes() + staged;
    long runs = namespace.layers.size() + maps / CheckpointSize.mapBytesMin() + 1;
    long index = runs * IndexImage.RUN_BYTES + namespace.cells.leaves() * IndexImage.LEAF_BYTES;
    return size.segments(maps, catalog + index);
  }

  /** The checkpoint that stands owns so many segments, which the next one makes free. */
  void checkpointOwns(int segments) {
    checkpointOwns = segments;
    checkpointTook = 0;
  }

  /** Segments that a checkpoint would make free which writes everything anew. */
  int checkpointExcess() {
    return Math.max(0, checkpointOwns - checkpointSegments());
  }

  /** The one under way has taken so many. */
  void checkpointTook(int segments) {
    checkpointTook = segments;
  }

  /** So many that the next checkpoint fits, and the one after it too. */
  int leaveForCheckpoint() {
    return leaveForCheckpoint(0);
  }

  private int leaveForCheckpoint(long growth) {
    int need = checkpointSegments(growth);
    return Math.max(0, Math.max(need, 2 * need - checkpointOwns) - checkpointTook);
  }

  /** Whether the maps may grow by so much now, and a checkpoint, and the cleaner, still fit. */
  boolean leavesRoom(long growth) {
    return growth == 0 || table.allocatable() >= leaveForCheckpoint(growth) + CLEANER_SEGMENTS;
  }

  int leaveForCleaner() {
    return leaveForCheckpoint() + CLEANER_SEGMENTS;
  }

  /** What records leave to the cleaner, and to those that hold room. */
  int leaveForHolders() {
    return leaveForCleaner() + heldSegments;
  }

  int leaveForRecords() {
    return leaveForHolders() + RECORD_SEGMENTS;
  }

  /** Keeps room for a growth of the maps, and segments for the records of it; false: not now. */
  boolean hold(long growth, int segments) {
    int need = leaveForCheckpoint(growth) + CLEANER_SEGMENTS + heldSegments + segments;
    if (!admitsGrowth(growth) || table.allocatable() < need) {
      return false;
    }
    stagedGrowth += growth;
    heldSegments += segments;
    return true;
  }

  void release(long growth, int segments) {
    stagedGrowth -= growth;
    heldSegments -= segments;
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

  long liveBlocks() {
    return table.liveBlocks();
  }

  long freeBlocks() {
    int checkpoint = checkpointSegments() + WHITEOUT_SEGMENTS;
    long room = Math.min(emptyCapacity, capacityBlocks(checkpoint));
    return Math.max(0, room - table.liveBlocks() - stagedNew);
  }

  /** Whether one more block may come to life. */
  boolean admits() {
    return freeBlocks() > 0 && mapsAdmit(0);
  }

  /** Whether the maps have memory left for more than so much. */
  boolean mapsAdmit(long growth) {
    return mapRoom() > growth;
  }

  /** Bytes of the maps above which leaves that nobody asks for should go. */
  long mapBytesEnough() {
    return Math.min(mapBytesKept, mapBytesMax - mapBytesMax / 8);
  }

  /** Whether the maps take nearly all of their memory. */
  boolean mapsFull() {
    return namespace.cells.budgetedBytes() > mapBytesMax - mapBytesMax / 8;
  }

  /** Whether the maps may grow by so much, and cleaning still gain what their checkpoints take. */
  boolean admitsGrowth(long bytes) {
    long blocks = table.liveBlocks() + stagedNew;
    return bytes == 0 || (mapRoom() > bytes && capacityBlocks(checkpointSegments(bytes)) >= blocks);
  }

  private long mapRoom() {
    return mapBytesMax
        - namespace.cells.budgetedBytes()
        - stagedGrowth
        - stagedNew * GROWTH_OF_BLOCK;
  }

  void staged(int newBlocks, long growth) {
    stagedNew += newBlocks;
    stagedGrowth += growth;
  }

  void applied(int newBlocks, long growth) {
    stagedNew -= newBlocks;
    stagedGrowth -= growth;
  }
}
