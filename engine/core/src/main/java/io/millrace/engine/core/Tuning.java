package io.millrace.engine.core;

/**
 * Thresholds that no operator sets. Small ones let a test meet in a second what a large store meets
 * in weeks; none of them is on disk.
 *
 * @param scanAheadSegments segments without a commit after which recovery looks at the first pages
 *     of the next ones only, and of sixteen times as many; the log passes over at most half as many
 * @param zeroLeavesMax parts of the map, of 2 MiB each, that one zeroed record may touch
 * @param unprovenBytesMax log that no sync covers: recovery writes so much again at most
 * @param leavesPerStep parts of the map that a checkpoint takes at a time
 * @param blocksPerStep blocks that are freed, or change their layer, at a time
 * @param stepsPerPoll such steps in one poll: bounds how long a request waits behind them
 * @param stagedNanosMax time of the disk that staged blocks may take at most
 * @param stagedBytesMin that may be staged however slow the disk is
 * @param rateWindowNanos of a busy disk, after which its speed is reckoned anew
 * @param mapBytesKept of the maps, above which leaves that nobody asks for leave memory, if that is
 *     less than their budget
 * @param quietNanos without a commit, after which one without content tells what is durable
 */
public record Tuning(
    int scanAheadSegments,
    int zeroLeavesMax,
    long unprovenBytesMax,
    int leavesPerStep,
    int blocksPerStep,
    int stepsPerPoll,
    long stagedNanosMax,
    int stagedBytesMin,
    long rateWindowNanos,
    long mapBytesKept,
    long quietNanos) {
  /** The rest as for disks. */
  public Tuning(int scanAheadSegments, int zeroLeavesMax, long unprovenBytesMax) {
    this(
        scanAheadSegments,
        zeroLeavesMax,
        unprovenBytesMax,
        256,
        4096,
        4,
        50_000_000,
        2 << 20,
        50_000_000,
        Long.MAX_VALUE,
        1_000_000_000);
  }

  /** For disks. */
  public static Tuning defaults() {
    return new Tuning(8, 256, 64L << 20);
  }

  int passOverMax() {
    return Math.max(1, scanAheadSegments / 2);
  }
}
