package io.millrace.operator.desktop;

import io.millrace.api.v1alpha1.Desktop;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.status.Conditions;
import java.util.Objects;

/**
 * Whether a claim can take a desktop. A desktop whose spec changed after its last pass is not
 * available until the next one has judged it, so that a claim and an update never meet. Pure.
 */
public final class Availability {
  /** Condition type: the next claim can have the desktop. */
  public static final String AVAILABLE = "Available";

  private Availability() {}

  public static boolean isAvailable(Desktop desktop) {
    return desktop.getSpec().claimRef() == null
        && !Sources.isTerminating(desktop)
        && isJudged(desktop)
        && Conditions.holds(desktop.getStatus().conditions(), AVAILABLE);
  }

  /** Whether the desktop is as its pool or its user wants it. */
  public static boolean isReady(Desktop desktop) {
    return !Sources.isTerminating(desktop)
        && isJudged(desktop)
        && Conditions.holds(desktop.getStatus().conditions(), Conditions.READY);
  }

  private static boolean isJudged(Desktop desktop) {
    return desktop.getStatus() != null
        && Objects.equals(
            desktop.getStatus().observedGeneration(), desktop.getMetadata().getGeneration());
  }
}
