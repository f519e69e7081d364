package io.millrace.engine.core;

import java.lang.foreign.Arena;

/** Reads the chunks of a checkpoint one at a time. */
final class ChunkReader {
  final PageBuffer buffer;
  private final BlockingDisk disk;
  private final Geometry geometry;
  private final Checksum checksum;

  ChunkReader(BlockingDisk disk, Superblock superblock, Arena arena) {
    this.disk = disk;
    geometry = superblock.geometry();
    checksum = superblock.checksum();
    buffer = new PageBuffer(arena, geometry.segmentBytes());
  }

  /** Reads it; whether it is the chunk that is meant. */
  boolean read(ChunkReference r) {
    return r.fits(geometry)
        && disk.read(geometry.offset(r.segment(), r.page()), buffer.pages(0, r.pages())) == 0
        && Chunk.good(buffer, checksum, r);
  }
}
