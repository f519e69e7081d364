package io.millrace.engine.core;

/**
 * How much may be staged: what the disk takes in so much time. So a flush waits about as long, on a
 * slow disk too, and no longer because a fast writer came before it.
 *
 * @param nanosMax that time
 * @param bytesMin which may be staged on any disk: without company no commit is large
 * @param bytesMax memory for it
 */
record Backlog(long nanosMax, long bytesMin, long bytesMax) {
  private static final double NANOS_PER_SECOND = 1e9;

  static Backlog of(StoreOptions options) {
    Tuning tuning = options.tuning();
    return new Backlog(tuning.stagedNanosMax(), tuning.stagedBytesMin(), options.stagingBytes());
  }

  /**
   * Bytes that may be staged.
   *
   * @param bytesPerSecond that the disk was seen to commit; 0: not known
   */
  long bytes(long bytesPerSecond) {
    double fits = bytesPerSecond * (nanosMax / NANOS_PER_SECOND);
    return Math.min(bytesMax, Math.max(bytesMin, (long) fits));
  }
}
