package io.millrace.e2e.cluster;

import io.fabric8.kubernetes.api.model.Condition;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPhase;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.GoldenImage;
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
    return isReady(desktop) && version.equals(desktop.getStatus().imageVersion());
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
    return condition(all, type).map(condition -> condition.getStatus().equals("True")).orElse(false);
  }

  /** A JSON object of an untyped resource; empty when it is absent. */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> map(@Nullable Object json) {
    return json instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }
}
