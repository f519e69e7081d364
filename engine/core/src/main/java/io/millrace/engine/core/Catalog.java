package io.millrace.engine.core;

import java.util.List;
import java.util.Optional;

/**
 * An immutable view of what lives in a store, in order of ids.
 *
 * @param volumes the volumes, by ascending id
 * @param snapshots the snapshots, by ascending id
 */
public record Catalog(List<Volume> volumes, List<Snapshot> snapshots) {
  /** Copies. */
  public Catalog {
    volumes = List.copyOf(volumes);
    snapshots = List.copyOf(snapshots);
  }

  /**
   * A writable volume.
   *
   * @param sourceSnapshotId 0 when it has none
   * @param sourceVolumeId 0 when it has none
   * @param ownBlocks blocks of 4 KiB written since the last freeze and committed
   * @param durable a write is acknowledged when it is durable, not when it is staged
   * @param limits how much of the store it may use
   */
  public record Volume(
      long id,
      String name,
      long sizeBytes,
      long sourceSnapshotId,
      long sourceVolumeId,
      long createdUnixMillis,
      long ownBlocks,
      boolean durable,
      Limits limits) {}

  /**
   * A frozen volume.
   *
   * @param volumeId the volume it was taken of, which may be gone
   */
  public record Snapshot(
      long id, String name, long volumeId, long sizeBytes, long createdUnixMillis) {}

  /** The volume with this id. */
  public Optional<Volume> volume(long id) {
    return volumes.stream().filter(v -> v.id() == id).findFirst();
  }

  /** The volume with this name. */
  public Optional<Volume> volume(String name) {
    return volumes.stream().filter(v -> v.name().equals(name)).findFirst();
  }

  /** The snapshot with this id. */
  public Optional<Snapshot> snapshot(long id) {
    return snapshots.stream().filter(s -> s.id() == id).findFirst();
  }

  /** The snapshot with this name. */
  public Optional<Snapshot> snapshot(String name) {
    return snapshots.stream().filter(s -> s.name().equals(name)).findFirst();
  }
}
