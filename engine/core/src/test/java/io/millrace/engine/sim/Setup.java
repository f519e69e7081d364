package io.millrace.engine.sim;

import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.Tuning;

/**
 * Everything about a run that its seed decides, but for the steps.
 *
 * @param segments of {@code segmentBytes} each: the size of the disk
 * @param outstandingMax requests that are in flight at a time
 * @param pollsBetweenStepsMax how much the store gets to do between two steps
 */
record Setup(
    long seed,
    Faults faults,
    BrokenRule broken,
    int segmentBytes,
    int segments,
    StoreOptions options,
    int outstandingMax,
    int pollsBetweenStepsMax) {

  /** Which faults a run may meet. */
  enum Faults {
    /** Crashes alone. */
    NONE,
    /** Calls that fail, too. */
    ERRORS,
    /** Damaged, lost and misdirected data, too. */
    CORRUPTION
  }

  static Setup of(long seed) {
    Dice dice = new Dice(seed ^ 0x5E7_0F5EEDL);
    Faults faults =
        switch (dice.below(10)) {
          case 0, 1 -> Faults.ERRORS;
          case 2, 3 -> Faults.CORRUPTION;
          default -> Faults.NONE;
        };
    int segmentBytes = dice.oneOf(64 << 10, 128 << 10, 256 << 10);
    int segments = (int) dice.between(24, 64);
    return new Setup(
        seed,
        faults,
        BrokenRule.NONE,
        segmentBytes,
        segments,
        options(dice, segmentBytes),
        dice.oneOf(1, 4, 10),
        3);
  }

  /** The smallest store, and only the polls that the steps ask for. */
  static Setup smallest(long seed) {
    int segmentBytes = 64 << 10;
    Dice dice = new Dice(seed);
    return new Setup(
        seed, Faults.NONE, BrokenRule.NONE, segmentBytes, 32, options(dice, segmentBytes), 10, 0);
  }

  private static StoreOptions options(Dice dice, int segmentBytes) {
    StoreOptions small = StoreOptions.small();
    int commitBytesMax = Math.min(small.commitBytesMax(), segmentBytes / 2);
    return new StoreOptions(
        small.stagingBytes(),
        small.readBufferBytes(),
        dice.oneOf(0L, 64L << 10, small.cacheBytes()),
        small.mapBytesMax(),
        dice.oneOf(8 << 10, small.commitBytesMin()),
        commitBytesMax,
        dice.oneOf(0L, 200_000L, small.commitDelayNanos()),
        dice.oneOf(1, 2, small.commitsInFlightMax()),
        dice.oneOf(256L << 10, 1L << 20, small.checkpointBytes()),
        new Tuning(dice.oneOf(8, 32), dice.oneOf(1, 256), dice.oneOf(64L << 10, 64L << 20)));
  }

  Setup breaking(BrokenRule rule) {
    return new Setup(
        seed,
        Faults.NONE,
        rule,
        segmentBytes,
        segments,
        options,
        outstandingMax,
        pollsBetweenStepsMax);
  }

  int diskBytes() {
    return segments * segmentBytes;
  }
}
