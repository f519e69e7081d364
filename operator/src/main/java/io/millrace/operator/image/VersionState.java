package io.millrace.operator.image;

import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.ImageRef;
import io.millrace.api.v1alpha1.ImageVersionPhase;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether an image version can be cloned, as pools and desktops see it. */
public sealed interface VersionState {
  /**
   * It can.
   *
   * @param nodeName node whose store holds it, or nothing if that is not known
   */
  record Ready(String snapshotName, long sizeBytes, String nodeName) implements VersionState {}

  /** It can't yet, or at all. */
  record NotReady(String reason, String message) implements VersionState {}

  static VersionState of(@Nullable GoldenImage image, ImageRef ref) {
    if (image == null) {
      return new NotReady(
          "ImageNotFound",
          "there is no GoldenImage %s in this namespace: make one, or name another"
              .formatted(ref.name()));
    }
    List<ImageVersionStatus> versions =
        image.getStatus() == null ? null : image.getStatus().versions();
    if (versions != null) {
      for (ImageVersionStatus version : versions) {
        if (version.name().equals(ref.version())) {
          return of(ref, version);
        }
      }
    }
    boolean listed =
        image.getSpec().versions().stream().anyMatch(v -> v.name().equals(ref.version()));
    return listed
        ? new NotReady("ImageNotReady", "image %s has not begun".formatted(text(ref)))
        : new NotReady(
            "ImageVersionNotFound",
            "GoldenImage %s has no version %s: add it, or name another"
                .formatted(ref.name(), ref.version()));
  }

  private static VersionState of(ImageRef ref, ImageVersionStatus version) {
    boolean usable =
        version.phase() == ImageVersionPhase.READY || version.phase() == ImageVersionPhase.RETIRING;
    if (usable && version.snapshotName() != null && version.sizeBytes() != null) {
      return new Ready(
          version.snapshotName(),
          version.sizeBytes(),
          Objects.requireNonNullElse(version.nodeName(), ""));
    }
    return new NotReady(
        "ImageNotReady",
        "image %s is not ready: %s"
            .formatted(text(ref), Objects.requireNonNullElse(version.message(), "importing")));
  }

  private static String text(ImageRef ref) {
    return ref.name() + " " + ref.version();
  }
}
