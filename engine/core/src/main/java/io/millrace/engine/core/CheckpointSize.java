package io.millrace.engine.core;

/**
 * How chunks are cut, and how many segments a checkpoint needs at most.
 *
 * @param segmentPages usable pages of a segment
 * @param chunkPages the largest chunk
 */
record CheckpointSize(int segmentPages, int chunkPages) {
  private static final int CHUNK_PAGES_MAX = 64;
  private static final int IMAGE_PAGES_MAX = 16;

  /** Small ones: where a leaf has changed, one is written anew. */
  private static final int MAP_PAGES_MAX = 4;

  /**
   * The largest item but a leaf, which is a run of leaves: a part may end so much before it is
   * full.
   */
  private static final int ITEM_BYTES_MAX = 3072;

  /** Partly filled last chunks, of each kind. */
  private static final int SPARE_CHUNKS = 6;

  static CheckpointSize of(Geometry geometry) {
    return new CheckpointSize(
        geometry.usablePages(), Math.clamp(geometry.segmentPages() / 4, 4, CHUNK_PAGES_MAX));
  }

  /** Bytes of items in a chunk of the catalog, the segments or the reserve. */
  int imageBytesMax() {
    return Math.min(chunkPages, IMAGE_PAGES_MAX) * Bytes.PAGE - Chunk.HEADER_BYTES;
  }

  /** Of the largest chunk of the maps. */
  int mapPages() {
    return Math.min(chunkPages, MAP_PAGES_MAX);
  }

  /** Below so many bytes a chunk of the maps is filled up with leaves that have not changed. */
  static int mapBytesMin() {
    return Bytes.PAGE - Chunk.HEADER_BYTES;
  }

  /** Bytes of leaves after which a chunk of the maps has no room for another of any size. */
  int mapBytesFull() {
    return mapPages() * Bytes.PAGE - Chunk.HEADER_BYTES - LeafImage.bytesMax();
  }

  int referencesMax() {
    return (chunkPages * Bytes.PAGE - Chunk.HEADER_BYTES) / ChunkReference.BYTES;
  }

  /**
   * An upper bound of the segments.
   *
   * @param mapBytes images of all leaves
   * @param imageBytes everything else
   */
  int segments(long mapBytes, long imageBytes) {
    long maps = mapBytes / mapBytesFull();
    long images = imageBytes / (imageBytesMax() - ITEM_BYTES_MAX);
    long directory = (maps + images) / referencesMax();
    long chunks = images + directory + SPARE_CHUNKS;
    long pages = maps * mapPages() + chunks * chunkPages;
    int perSegment = segmentPages - chunkPages + 1;
    return (int) Math.min(Integer.MAX_VALUE, (pages + perSegment - 1) / perSegment);
  }
}
