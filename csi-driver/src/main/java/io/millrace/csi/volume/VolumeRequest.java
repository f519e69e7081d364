package io.millrace.csi.volume;

import java.util.List;

/**
 * A volume that somebody wants.
 *
 * @param name the caller's, the key of idempotency
 * @param uses never empty
 */
public record VolumeRequest(
    String name, SizeRange size, Source source, List<VolumeUse> uses, Placement placement) {

  /** What the volume holds at first. */
  public sealed interface Source {}

  public record Empty() implements Source {}

  public record OfSnapshot(String handle) implements Source {}

  public record OfVolume(String handle) implements Source {}

  public VolumeRequest {
    uses = List.copyOf(uses);
  }

  /** A filesystem that can't exist in this size is refused here, not when a pod waits for it. */
  public void requireRoomForFilesystem(long sizeBytes) {
    for (VolumeUse use : uses) {
      if (use.shape() instanceof VolumeUse.Mounted(Filesystem filesystem, List<String> _)
          && sizeBytes < filesystem.minimumBytes()) {
        throw CsiFailure.invalid(
            filesystem.text()
                + " needs at least "
                + filesystem.minimumBytes()
                + " bytes; volume "
                + name
                + " has "
                + sizeBytes);
      }
    }
  }
}
