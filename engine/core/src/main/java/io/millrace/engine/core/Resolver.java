package io.millrace.engine.core;

import org.jspecify.annotations.Nullable;

/** Finds where the newest version of a block is: in staging, on the disk, or nowhere. */
final class Resolver {
  /** What {@link #resolve} answers besides a location. */
  static final long ZEROS = -1;

  static final long STAGED = -2;

  private final Committer committer;
  private int reference;
  private int crc;

  Resolver(Committer committer) {
    this.committer = committer;
  }

  /** A location (its checksum in {@link #crc}), ZEROS, or STAGED (see {@link #reference}). */
  long resolve(Layer top, long address) {
    for (@Nullable Layer layer = top; layer != null; layer = layer.parent) {
      int staged = committer.find(layer, address);
      if (committer.zeroedSince(layer, address, staged)) {
        return ZEROS;
      }
      if (staged >= 0) {
        reference = staged;
        return STAGED;
      }
      long location = layer.map.find(address);
      if (location >= 0) {
        crc = layer.map.foundCrc();
        return location;
      }
      if (location == Location.WHITEOUT) {
        return ZEROS;
      }
    }
    return ZEROS;
  }

  /** Whether the layer itself has the block, so that writing it again needs no more room. */
  boolean owns(Layer layer, long address) {
    return committer.find(layer, address) >= 0 || layer.map.find(address) >= 0;
  }

  int reference() {
    return reference;
  }

  int crc() {
    return crc;
  }
}
