package io.millrace.e2e.cluster;

import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;

/**
 * What making clones added to a store, measured around it and not asked of it: the blocks that the
 * store holds more than before, less those that the guests can have written meanwhile. Pure.
 */
public record CloneCost(long clones, long grownBytes, long writtenBytes) {
  private static final long BLOCK_BYTES = 4096;

  public static CloneCost between(
      Stats statsBefore, Store storeBefore, Stats statsAfter, Store storeAfter) {
    long writes = statsAfter.getUserWrites() - statsBefore.getUserWrites();
    long bytes = statsAfter.getUserWriteBytes() - statsBefore.getUserWriteBytes();
    return new CloneCost(
        statsAfter.getClones() - statsBefore.getClones(),
        Math.max(0, storeAfter.getPhysicalBytes() - storeBefore.getPhysicalBytes()),
        // A write takes the whole of the blocks that it begins and ends in.
        bytes + 2 * BLOCK_BYTES * writes);
  }

  /** Data bytes that no write of a guest accounts for. */
  public long copiedBytes() {
    return Math.max(0, grownBytes - writtenBytes);
  }
}
