package io.millrace.operator.image;

import io.millrace.api.v1alpha1.GoldenImageSpec;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An image and all that its plan depends on, at one moment.
 *
 * @param versions those of the spec, then those taken off it that something is left of
 * @param users pools and desktops that use any version
 */
record Observed(
    String name,
    GoldenImageSpec spec,
    List<Version> versions,
    List<String> users,
    Optional<String> missing,
    Instant now) {

  /**
   * One version.
   *
   * @param listed whether the spec still lists it
   * @param source the volume that it is to be snapshotted from, if it has such a source and it is
   *     there
   * @param failures failed imports that are noted in the status
   * @param failure why the last one failed, or nothing
   * @param users pools and desktops that use this version
   */
  record Version(
      String name,
      String snapshotName,
      boolean listed,
      Optional<SourceVolume> source,
      Optional<Snapshot> snapshot,
      Optional<ImportPod> pod,
      Optional<ImportClaim> claim,
      int failures,
      Optional<Failure> failure,
      List<String> users) {}

  /**
   * @param trouble what the snapshotter says, or nothing
   */
  record Snapshot(
      boolean ours,
      boolean terminating,
      boolean ready,
      long sizeBytes,
      String node,
      String digest,
      String trouble) {}

  /**
   * @param attempt how many imports failed before this one
   * @param result what the importer left behind when it ended
   * @param trouble why it has not begun, or nothing
   */
  record ImportPod(
      Stage stage, int attempt, boolean terminating, String node, String result, String trouble) {}

  /** How far an import is. */
  enum Stage {
    WAITING,
    RUNNING,
    SUCCEEDED,
    FAILED
  }

  /**
   * @param node the node whose store holds the volume, or nothing if that is not known
   */
  record SourceVolume(boolean block, boolean bound, String node) {}

  record ImportClaim(boolean ours, boolean terminating) {}

  /** The failure that the status tells of. */
  record Failure(String reason, String message, Optional<Instant> retryAt) {}
}
