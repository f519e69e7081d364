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
  private static final double SHARE_OF_LEFT = 8;

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

  /**
   * Whether a volume has staged as much as it may for the sake of others: its share by weight, and
   * so many times what is left (a dynamic threshold, Choudhury and Hahne, 1998). What is staged
   * leaves in the order in which it came, so the shares of what is staged are the shares of the
   * disk. One that writes alone comes to nearly all, however light it is; and there is always some
   * for who comes next.
   *
   * @param staged bytes of that volume
   * @param max bytes that may be staged
   * @param left bytes that may be staged yet
   * @param weights of all that have staged something
   */
  static boolean hasItsShare(long staged, long max, long left, int weight, long weights) {
    boolean alone = weights <= weight;
    int counts = alone ? Math.max(weight, Limits.WEIGHT_DEFAULT) : weight;
    boolean much = staged > left * SHARE_OF_LEFT * counts / Limits.WEIGHT_DEFAULT;
    return staged > 0 && (much || staged * weights > max * weight);
  }
}
