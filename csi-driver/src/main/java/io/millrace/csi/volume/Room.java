package io.millrace.csi.volume;

import io.millrace.csi.volume.CsiFailure.Kind;

/**
 * Whether a store takes another volume.
 *
 * <p>Volumes are thin: their sizes may add up to more than the store, and a clone takes nothing
 * until it is written to. So the rule is about the first writes, not about the size: a new volume
 * needs its size or 64 MiB, whichever is less, to be free.
 */
public final class Room {
  public static final long FIRST_WRITES_BYTES = 64L << 20;

  private Room() {}

  public static void require(String storeUuid, String volumeName, long sizeBytes, long freeBytes) {
    long neededBytes = Math.min(sizeBytes, FIRST_WRITES_BYTES);
    if (freeBytes < neededBytes) {
      throw new CsiFailure(
          Kind.RESOURCE_EXHAUSTED,
          "store "
              + storeUuid
              + " is full: volume "
              + volumeName
              + " needs "
              + neededBytes
              + " bytes free, "
              + freeBytes
              + " bytes are; delete volumes or snapshots, or give the node a larger store");
    }
  }

  /**
   * The largest volume that {@link #require} lets pass; what the scheduler compares a claim with.
   */
  public static long largestVolumeBytes(long freeBytes) {
    return freeBytes >= FIRST_WRITES_BYTES ? SizeRange.MAXIMUM_BYTES : Math.max(0, freeBytes);
  }
}
