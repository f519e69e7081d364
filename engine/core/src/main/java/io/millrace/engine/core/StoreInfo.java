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
    long recoveryNanos) {}
