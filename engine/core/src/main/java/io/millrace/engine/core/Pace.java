package io.millrace.engine.core;

/**
 * How the disk is shared between writers and the cleaner, by how many segments are free: while
 * there are many, writers take what they want; the fewer, the more of the disk is the cleaner's and
 * the slower writers are let in, so that they meet neither a cleaner in a hurry nor a store that is
 * out of segments. It comes to rest where the cleaner gains what writers take.
 *
 * @param cleaned which part of the segments that the cleaner keeps ahead is free, now or after a
 *     checkpoint: from 1, it need not work, to 0, it has no limit
 * @param atHand which part of those that should last until a checkpoint brings more can be taken:
 *     the fewer, the more of the disk is left to the checkpoint, by both
 */
record Pace(double cleaned, double atHand) {
  /** The cleaner always gets one part of the disk in so many, and so do writers. */
  private static final int LEAST = 32;

  /** 1 at the high mark or above, 0 at the low one or below. */
  static double between(int segments, int low, int high) {
    return Math.clamp((segments - low) / (double) Math.max(1, high - low), 0, 1);
  }

  /**
   * Bytes a second that the cleaner may read and write.
   *
   * @param disk bytes a second that the disk was seen to do; 0: not known
   */
  long cleanerBytesPerSecond(long disk) {
    if (disk == 0 || cleaned == 0) {
      return TokenBucket.UNLIMITED;
    }
    return share(disk, (1 - cleaned) * atHand);
  }

  /** Bytes a second that writers may stage. */
  long writersBytesPerSecond(long disk) {
    double part = Math.min(cleaned, atHand);
    return disk == 0 || part == 1 ? TokenBucket.UNLIMITED : share(disk, part);
  }

  private static long share(long disk, double part) {
    return Math.max(1, Math.round(disk * Math.max(part, 1.0 / LEAST)));
  }
}
