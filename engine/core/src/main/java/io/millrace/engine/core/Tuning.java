package io.millrace.engine.core;

/**
 * Thresholds that no operator sets. Small ones let a test meet in a second what a large store meets
 * in weeks; none of them is on disk.
 *
 * @param scanAheadSegments segments without a commit after which recovery looks at the first pages
 *     of the others only; the log passes over at most half as many
 * @param reserveSegmentsMin segments that a checkpoint sets aside at least for what comes next
 * @param unprovenBytesMax log that no sync covers: recovery writes so much again at most
 */
public record Tuning(int scanAheadSegments, int reserveSegmentsMin, long unprovenBytesMax) {
  /** For disks. */
  public static Tuning defaults() {
    return new Tuning(32, 64, 64L << 20);
  }

  int passOverMax() {
    return Math.max(1, scanAheadSegments / 2);
  }
}
