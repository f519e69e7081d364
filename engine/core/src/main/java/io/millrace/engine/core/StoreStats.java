package io.millrace.engine.core;

/** Counters since the store was opened; the fields of engine.proto's Stats. */
public record StoreStats(
    long userWrites,
    long userWriteBytes,
    long userReads,
    long userReadBytes,
    long userFlushes,
    long userZeroBytes,
    long deviceWrites,
    long deviceWriteBytes,
    long deviceReads,
    long deviceReadBytes,
    long deviceSyncs,
    long commits,
    long relocatedBytes,
    long segmentsCleaned,
    long clones,
    long checksumErrors,
    long segmentsFree,
    long segmentsTotal,
    long mapBytes,
    long checkpoints,
    long readBlocksStaged,
    long readBlocksCached,
    long readBlocksFromDisk) {
  static final StoreStats NONE =
      new StoreStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
