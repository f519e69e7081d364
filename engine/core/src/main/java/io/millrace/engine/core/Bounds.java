package io.millrace.engine.core;

/**
 * What a number that was read from a disk may be. A checksum proves who wrote it, not that it was
 * right: believed blindly, it would lead to an endless loop or out of the tables. Others are
 * refused by throwing, which recovery makes a damage of that names the place.
 */
record Bounds(Geometry geometry) {
  /** The largest volume. */
  static final long VOLUME_BYTES_MAX = 1L << 50;

  private static final long ID_MAX = 1L << 62;

  /** Above what a disk says of ids in use, there is room for more than will ever be given out. */
  static final long ID_FOUND_MAX = ID_MAX >>> 1;

  private static final long BLOCKS_MAX = VOLUME_BYTES_MAX / Bytes.PAGE;

  void segment(int segment) {
    require(inStore(segment), "segment", segment);
  }

  private boolean inStore(int segment) {
    return segment >= SegmentTable.FIRST && segment < geometry.segments();
  }

  void usedPages(int pages) {
    require(pages <= geometry.usablePages(), "used pages", pages);
  }

  /** A place of a block, or a whiteout. */
  void location(long location) {
    require(isLocation(location), "location", location);
  }

  boolean isLocation(long location) {
    boolean there =
        inStore(Location.segment(location)) && Location.slot(location) < geometry.usablePages();
    return there || location == Location.WHITEOUT;
  }

  static void leaf(long leafIndex) {
    require(leafIndex >= 0 && leafIndex < BLOCKS_MAX / Leaf.BLOCKS, "leaf", leafIndex);
  }

  static void blocks(long first, long count) {
    require(first >= 0 && first < BLOCKS_MAX, "block", first);
    require(count > 0 && count <= BLOCKS_MAX - first, "blocks", count);
  }

  /** A new object of this table. */
  static void id(long id, IdTable<?> table) {
    require(id > 0 && id < ID_MAX && table.get(id) == null, "id", id);
  }

  /** What a record says of a size and of limits, if it does. */
  static void record(Records record) {
    switch (record) {
      case Records.VolumeCreated r -> {
        size(r.sizeBytes());
        limits(r.limits());
      }
      case Records.VolumeChanged r -> limits(r.limits());
      case Records.VolumeResized r -> size(r.sizeBytes());
      case Records.SnapshotCreated r -> size(r.sizeBytes());
      case Records.VolumeDeleted _, Records.SnapshotDeleted _, Records.VolumeForked _ -> {}
    }
  }

  private static void size(long bytes) {
    require(bytes > 0 && bytes <= VOLUME_BYTES_MAX && bytes % Bytes.SECTOR == 0, "size", bytes);
  }

  private static void limits(Limits limits) {
    if (limits.problem().isPresent()) {
      throw new IllegalStateException(limits.problem().get());
    }
  }

  static void require(boolean holds, String what, long value) {
    if (!holds) {
      throw new IllegalStateException("%s %d can't be".formatted(what, value));
    }
  }
}
