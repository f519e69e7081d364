package io.millrace.engine.sim;

import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.Tuning;
import java.util.EnumSet;
import java.util.Set;

/**
 * Everything about a run that its seed decides, but for the steps.
 *
 * @param scale how much is done, and how often it is cut
 * @param faults that the run may meet, besides losses of power and process
 * @param segments of {@code segmentBytes} each: the size of the disk
 * @param outstandingMax requests that are in flight at a time
 * @param pollsBetweenStepsMax how much the store gets to do between two steps
 */
record Setup(
    long seed,
    Set<Fault.Kind> faults,
    BrokenRule broken,
    Scale scale,
    int segmentBytes,
    int segments,
    StoreOptions options,
    int outstandingMax,
    int pollsBetweenStepsMax) {

  static Setup of(long seed) {
    return of(seed, Fault.all());
  }

  /** Half of the seeds give tiny runs. */
  static Setup of(long seed, Set<Fault.Kind> allowed) {
    return of(seed, allowed, new Dice(seed ^ 0x5CA1EL).oneOf(Scale.values()));
  }

  /** Of the faults that are allowed, some runs meet none, some those that are told, some any. */
  static Setup of(long seed, Set<Fault.Kind> allowed, Scale scale) {
    Dice dice = new Dice(seed ^ 0x5E7_0F5EEDL);
    int drawn = dice.below(10);
    Set<Fault.Kind> faults = EnumSet.noneOf(Fault.Kind.class);
    for (Fault.Kind kind : allowed) {
      boolean wanted = drawn < 2 ? !kind.corrupts() : drawn < 5;
      if (wanted && dice.percent(60)) {
        faults.add(kind);
      }
    }
    return scale == Scale.TINY ? tiny(seed, faults) : meeting(seed, faults);
  }

  /** A run that may meet exactly these. */
  static Setup meeting(long seed, Set<Fault.Kind> faults) {
    Dice dice = new Dice(seed ^ 0x5E7_0F5EED2L);
    int segmentBytes = dice.oneOf(64 << 10, 128 << 10, 256 << 10);
    int segments = (int) dice.between(24, 64);
    return new Setup(
        seed,
        faults,
        BrokenRule.NONE,
        Scale.WIDE,
        segmentBytes,
        segments,
        options(dice, seed, segmentBytes),
        dice.oneOf(1, 4, 10),
        3);
  }

  private static Setup tiny(long seed, Set<Fault.Kind> faults) {
    Dice dice = new Dice(seed ^ 0x5E7_0F5EED3L);
    int segmentBytes = 64 << 10;
    return new Setup(
        seed,
        faults,
        BrokenRule.NONE,
        Scale.TINY,
        segmentBytes,
        (int) dice.between(24, 32),
        options(dice, seed, segmentBytes),
        dice.oneOf(1, 4, 10),
        3);
  }

  /** The smallest store, and only the polls that the steps ask for. */
  static Setup smallest(long seed) {
    int segmentBytes = 64 << 10;
    Dice dice = new Dice(seed);
    return new Setup(
        seed,
        Set.of(),
        BrokenRule.NONE,
        Scale.WIDE,
        segmentBytes,
        32,
        options(dice, seed, segmentBytes),
        10,
        0);
  }

  private static StoreOptions options(Dice dice, long seed, int segmentBytes) {
    StoreOptions small = StoreOptions.small();
    int commitBytesMax = Math.min(dice.oneOf(16 << 10, small.commitBytesMax()), segmentBytes / 2);
    return new StoreOptions(
        dice.oneOf(128 << 10, 256 << 10, small.stagingBytes()),
        dice.oneOf(16 << 10, 64 << 10, small.readBufferBytes()),
        dice.oneOf(0L, 64L << 10, small.cacheBytes()),
        small.mapBytesMax(),
        dice.oneOf(8 << 10, small.commitBytesMin()),
        commitBytesMax,
        dice.oneOf(0L, 200_000L, small.commitDelayNanos()),
        dice.oneOf(1, 2, small.commitsInFlightMax()),
        dice.oneOf(64L << 10, 256L << 10, small.checkpointBytes()),
        tuning(dice, seed));
  }

  private static Tuning tuning(Dice dice, long seed) {
    Dice own = new Dice(seed ^ 0x3A9_B07E5L);
    return new Tuning(
        dice.oneOf(8, 32),
        dice.oneOf(1, 256),
        dice.oneOf(64L << 10, 64L << 20),
        dice.oneOf(1, 3, 256),
        dice.oneOf(4, 40, 4096),
        dice.oneOf(1, 4),
        dice.oneOf(0L, 200_000L, 50_000_000L),
        dice.oneOf(4 << 10, 32 << 10, 2 << 20),
        dice.oneOf(10_000L, 50_000_000L),
        own.oneOf(Long.MAX_VALUE, Long.MAX_VALUE, 4096L, 0L),
        dice.oneOf(1_000_000L, 50_000_000L, 1_000_000_000L));
  }

  Setup breaking(BrokenRule rule) {
    return new Setup(
        seed,
        Set.of(),
        rule,
        scale,
        segmentBytes,
        segments,
        options,
        outstandingMax,
        pollsBetweenStepsMax);
  }

  /** Whether the disk may lie, or lose data that it had made durable. */
  boolean mayLie() {
    return faults.stream().anyMatch(Fault.Kind::corrupts);
  }

  int diskBytes() {
    return segments * segmentBytes;
  }
}
