package io.millrace.engine.core;

/**
 * Budgets and thresholds of an open store; none of them is on disk.
 *
 * @param stagingBytes memory for writes that are not in the log yet; bounds the backlog
 * @param readBufferBytes memory for reads in flight
 * @param cacheBytes memory of the read cache, 0 for none
 * @param mapBytesMax memory of the block maps; what does not fit is on the disk alone until it is
 *     asked for
 * @param commitBytesMin a commit goes out at this size when the disk is idle
 * @param commitBytesMax the largest commit
 * @param commitDelayNanos the longest time that a write waits for company
 * @param commitsInFlightMax commits given to the disk at a time; beyond, they grow
 * @param checkpointBytes log written between two checkpoints
 * @param tuning what no operator sets
 */
public record StoreOptions(
    int stagingBytes,
    int readBufferBytes,
    long cacheBytes,
    long mapBytesMax,
    int commitBytesMin,
    int commitBytesMax,
    long commitDelayNanos,
    int commitsInFlightMax,
    long checkpointBytes,
    Tuning tuning) {

  /** For a daemon with about 200 MiB of off-heap memory. */
  public static StoreOptions defaults() {
    return new StoreOptions(
        32 << 20,
        16 << 20,
        64L << 20,
        256L << 20,
        256 << 10,
        1 << 20,
        2_000_000,
        4,
        1L << 30,
        Tuning.defaults());
  }

  /** For tests and simulations of stores of a few megabytes. */
  public static StoreOptions small() {
    return new StoreOptions(
        1 << 20,
        1 << 20,
        256 << 10,
        64L << 20,
        16 << 10,
        64 << 10,
        2_000_000,
        4,
        2L << 20,
        Tuning.defaults());
  }

  /** The same with another read cache budget. */
  public StoreOptions withCacheBytes(long bytes) {
    return new StoreOptions(
        stagingBytes,
        readBufferBytes,
        bytes,
        mapBytesMax,
        commitBytesMin,
        commitBytesMax,
        commitDelayNanos,
        commitsInFlightMax,
        checkpointBytes,
        tuning);
  }

  /** The same with another map budget. */
  public StoreOptions withMapBytesMax(long bytes) {
    return new StoreOptions(
        stagingBytes,
        readBufferBytes,
        cacheBytes,
        bytes,
        commitBytesMin,
        commitBytesMax,
        commitDelayNanos,
        commitsInFlightMax,
        checkpointBytes,
        tuning);
  }

  /** The same with other thresholds. */
  public StoreOptions withTuning(Tuning other) {
    return new StoreOptions(
        stagingBytes,
        readBufferBytes,
        cacheBytes,
        mapBytesMax,
        commitBytesMin,
        commitBytesMax,
        commitDelayNanos,
        commitsInFlightMax,
        checkpointBytes,
        other);
  }
}
