package io.millrace.engine.core;

import java.util.UUID;

/**
 * Identity and room of a store; the fields of engine.proto's Store.
 *
 * @param uuid from the superblock
 * @param epoch counts the openings of the store
 * @param capacityBytes room for data when empty
 * @param physicalBytes live blocks
 * @param freeBytes what new data may still take, reserve subtracted
 * @param logicalBytes sum of the volumes' sizes
 * @param recoveryNanos how long recovery took at this opening
 * @param staging what was found of the last process's staging
 */
public record StoreInfo(
    UUID uuid,
    long epoch,
    long capacityBytes,
    long physicalBytes,
    long freeBytes,
    long logicalBytes,
    long volumes,
    long snapshots,
    long recoveryNanos,
    StagingReport staging) {
  static final StoreInfo NONE =
      new StoreInfo(new UUID(0, 0), 0, 0, 0, 0, 0, 0, 0, 0, StagingReport.NONE);

  /** Of a store that was not opened to be served. */
  static StoreInfo of(Superblock superblock, Namespace namespace, Space space) {
    return new StoreInfo(
        superblock.uuid(),
        superblock.epoch(),
        space.capacityBlocks() * Bytes.PAGE,
        space.liveBlocks() * Bytes.PAGE,
        space.freeBlocks() * Bytes.PAGE,
        namespace.logicalBytes(),
        namespace.volumes.size(),
        namespace.snapshots.size(),
        0,
        StagingReport.NONE);
  }

  StoreInfo opened(long nanos, StagingReport found) {
    return new StoreInfo(
        uuid,
        epoch,
        capacityBytes,
        physicalBytes,
        freeBytes,
        logicalBytes,
        volumes,
        snapshots,
        nanos,
        found);
  }
}
