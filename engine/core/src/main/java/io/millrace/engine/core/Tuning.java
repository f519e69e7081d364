package io.millrace.engine.core;

/**
 * Thresholds that no operator sets. Small ones let a test meet in a second what a large store meets
 * in weeks; none of them is on disk.
 *
 * @param scanAheadSegments segments without a commit after which recovery looks at the first pages
 *     of the next ones only, and of sixteen times as many; the log passes over at most half as many
 * @param zeroLeavesMax parts of the map, of 2 MiB each, that one zeroed record may touch
 * @param unprovenBytesMax log that no sync covers: recovery writes so much again at most
 */
public record Tuning(int scanAheadSegments, int zeroLeavesMax, long unprovenBytesMax) {
  /** For disks. */
  public static Tuning defaults() {
    return new Tuning(32, 256, 64L << 20);
  }

  int passOverMax() {
    return Math.max(1, scanAheadSegments / 2);
  }
}
