package io.millrace.engine.core;

/**
 * How long a commit gathers blocks: about as long as the disk takes for one. An earlier end would
 * bring nothing, because the disk does only so many in a second; so a disk that is slow for each
 * call (a spinning one, or one whose owner counts calls) gets few large ones.
 *
 * @param delayNanos at least; what the disk takes at most that gets commits of {@code bytesMin}
 * @param delayNanosMax on any disk
 * @param bytesMin what an idle disk gets at once
 */
record CommitTiming(long delayNanos, long delayNanosMax, long bytesMin) {
  static CommitTiming of(StoreOptions options) {
    long delay = options.commitDelayNanos();
    long most = Math.max(delay, options.tuning().stagedNanosMax() / 2);
    return new CommitTiming(delay, most, options.commitBytesMin());
  }

  /**
   * Nanoseconds from the opening of a commit to its end, when nobody waits for it.
   *
   * @param nanosPerCommit that the disk was seen to take; 0: not known
   */
  long ageMax(long nanosPerCommit) {
    return Math.clamp(nanosPerCommit, delayNanos, delayNanosMax);
  }

  /** Bytes that a disk with nothing else to do gets without waiting for more. */
  long bytesEnough(long nanosPerCommit) {
    return (long) (bytesMin * (ageMax(nanosPerCommit) / (double) delayNanos));
  }
}
