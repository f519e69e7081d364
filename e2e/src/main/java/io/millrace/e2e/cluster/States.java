package io.millrace.e2e.cluster;

import io.fabric8.kubernetes.api.model.Condition;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPhase;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.DesktopStatus;
import io.millrace.api.v1alpha1.DesktopTimings;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.GoldenImageStatus;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.e2e.guest.Guest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the state of objects off their status. Pure. */
public final class States {
  private States() {}

  public static boolean isReady(Desktop desktop) {
    return desktop.getStatus() != null
        && desktop.getStatus().phase() == DesktopPhase.READY
        && desktop.getStatus().ip() != null;
  }

  /** Ready on this version of its image. */
  public static boolean isReadyOn(Desktop desktop, String version) {
    return isReady(desktop) && version.equals(imageVersion(desktop));
  }

  /** Number of the clone that the desktop is on; 0 before the first. */
  public static int cloneNumber(Desktop desktop) {
    return status(desktop).map(DesktopStatus::cloneNumber).orElse(0);
  }

  /** Milliseconds that the last reset took; 0 before the first. */
  public static long resetMillis(Desktop desktop) {
    return status(desktop).map(DesktopStatus::timings).map(DesktopTimings::resetMillis).orElse(0L);
  }

  /** The guest of a desktop that has an address. */
  public static Guest guest(Desktop desktop) {
    return new Guest(
        status(desktop)
            .map(DesktopStatus::ip)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        desktop.getMetadata().getName() + " has no address yet")));
  }

  public static String imageVersion(Desktop desktop) {
    return status(desktop).map(DesktopStatus::imageVersion).orElse("");
  }

  /** What is known of the versions of an image. */
  public static List<ImageVersionStatus> versions(GoldenImage image) {
    return Optional.ofNullable(image.getStatus())
        .map(GoldenImageStatus::versions)
        .orElse(List.of());
  }

  private static Optional<DesktopStatus> status(Desktop desktop) {
    return Optional.ofNullable(desktop.getStatus());
  }

  public static boolean isTrue(DesktopClaim claim, String type) {
    return claim.getStatus() != null && isTrue(claim.getStatus().conditions(), type);
  }

  public static boolean isTrue(DesktopPool pool, String type) {
    return pool.getStatus() != null && isTrue(pool.getStatus().conditions(), type);
  }

  public static boolean isTrue(GoldenImage image, String type) {
    return image.getStatus() != null && isTrue(image.getStatus().conditions(), type);
  }

  public static Optional<Condition> condition(@Nullable List<Condition> all, String type) {
    return all == null
        ? Optional.empty()
        : all.stream().filter(condition -> condition.getType().equals(type)).findFirst();
  }

  private static boolean isTrue(@Nullable List<Condition> all, String type) {
    return condition(all, type)
        .map(condition -> condition.getStatus().equals("True"))
        .orElse(false);
  }

  /** A JSON object of an untyped resource; empty when it is absent. */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> map(@Nullable Object json) {
    return json instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }
}
