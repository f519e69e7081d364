package io.millrace.engine.core;

/**
 * A change to the catalog. Every command but {@link FillVolume} is idempotent: repeated, it gives
 * the same object.
 */
public sealed interface Command {
  /**
   * A new volume, empty or on a frozen source; copies no data.
   *
   * @param sizeBytes a multiple of 512; 0 with a source: the source's size
   * @param sourceSnapshotId 0 when there is none; at most one of the two sources
   * @param sourceVolumeId 0 when there is none
   * @param durable as in {@link ChangeVolume}; a volume that is there already keeps what it has
   * @param limits the same
   */
  record CreateVolume(
      String name,
      long sizeBytes,
      long sourceSnapshotId,
      long sourceVolumeId,
      boolean durable,
      Limits limits)
      implements Command {
    /** The same, whose writes are acknowledged so. */
    public CreateVolume acknowledging(boolean whenDurable) {
      return new CreateVolume(
          name, sizeBytes, sourceSnapshotId, sourceVolumeId, whenDurable, limits);
    }

    /** The same, so limited. */
    public CreateVolume limited(Limits to) {
      return new CreateVolume(name, sizeBytes, sourceSnapshotId, sourceVolumeId, durable, to);
    }

    /** An empty volume. */
    public static CreateVolume empty(String name, long sizeBytes) {
      return new CreateVolume(name, sizeBytes, 0, 0, false, Limits.NONE);
    }

    /** A clone of a snapshot. */
    public static CreateVolume ofSnapshot(String name, long sizeBytes, long snapshotId) {
      return new CreateVolume(name, sizeBytes, snapshotId, 0, false, Limits.NONE);
    }

    /** A clone of a live volume as it is at this moment. */
    public static CreateVolume ofVolume(String name, long sizeBytes, long volumeId) {
      return new CreateVolume(name, sizeBytes, 0, volumeId, false, Limits.NONE);
    }
  }

  /** Done too when there is no such volume. */
  record DeleteVolume(long volumeId) implements Command {}

  /** Grows, or with {@code allowShrink} also shrinks, which discards what is beyond the new end. */
  record ResizeVolume(long volumeId, long sizeBytes, boolean allowShrink) implements Command {}

  /**
   * From its answer on.
   *
   * @param durable a write is acknowledged when it is durable; else when it is staged
   */
  record ChangeVolume(long volumeId, boolean durable, Limits limits) implements Command {}

  /**
   * Gives all that the source holds to the volume of that name, and takes the source away.
   *
   * <ul>
   *   <li>Every write to the source answered before is in it, and so is durable with its answer.
   *       Behind the source's end are zeros.
   *   <li>Whole or not at all, whenever a crash comes: there is the source, and the volume is as it
   *       was or is not there; or the source is gone, and the volume holds it all. After the answer
   *       it is the latter, also after a power loss.
   *   <li>When there is no volume of that name it is made, with the source's size and way to
   *       acknowledge, and a new id. One that is there keeps size, id, way to acknowledge and
   *       snapshots; then it is not smaller, and blank: neither it nor what it was cloned from was
   *       ever written to. Where something was discarded or cut off it counts as written to until
   *       the store is opened again. What is not so is refused, and nothing changes.
   *   <li>Snapshots and clones of the source, and snapshots of the volume, read the same as before.
   *   <li>Requests to the two that are not answered yet may fail as if their volume were deleted.
   * </ul>
   */
  record FillVolume(String name, long sourceVolumeId) implements Command {}

  /** Freezes the volume as it is at this moment: every write answered before is in it. */
  record CreateSnapshot(String name, long volumeId) implements Command {}

  /** Done too when there is no such snapshot; clones of it live on. */
  record DeleteSnapshot(long snapshotId) implements Command {}
}
