package io.millrace.operator.desktop;

import io.millrace.api.v1alpha1.DesktopPhase;
import io.millrace.api.v1alpha1.DesktopStatus;
import io.millrace.operator.event.EventReason;
import io.millrace.operator.status.Conditions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What there is to tell when a desktop's status changes. Pure. */
record DesktopNews(EventReason reason, String note) {

  /**
   * Everything new, in the order of events.
   *
   * @param before the status that was written last
   * @param now the status that was derived from the plan
   */
  static List<DesktopNews> of(@Nullable DesktopStatus before, DesktopStatus now, Plan plan) {
    List<DesktopNews> news = new ArrayList<>();
    if (resetBegan(before) && !resetBegan(now)) {
      news.add(
          new DesktopNews(EventReason.RESET_DONE, "has a new disk; took " + millis(now) + " ms"));
    }
    @Nullable DesktopPhase was = before == null ? null : before.phase();
    if (was == DesktopPhase.UPDATING && hasItsDisk(plan.phase())) {
      news.add(
          new DesktopNews(
              EventReason.UPDATE_DONE, "has a disk of image version " + now.imageVersion()));
    }
    if (plan.stalled()) {
      if (before == null || !Conditions.holds(before.conditions(), Conditions.STALLED)) {
        news.add(new DesktopNews(EventReason.DESKTOP_STALLED, plan.message()));
      }
    } else if (was != plan.phase()) {
      entered(plan.phase(), now, plan).ifPresent(news::add);
    }
    return List.copyOf(news);
  }

  private static Optional<DesktopNews> entered(DesktopPhase phase, DesktopStatus now, Plan plan) {
    return switch (phase) {
      case READY -> Optional.of(new DesktopNews(EventReason.DESKTOP_READY, plan.message()));
      case CLAIMED ->
          Optional.of(new DesktopNews(EventReason.DESKTOP_CLAIMED, "held for " + now.user()));
      case RESETTING -> Optional.of(new DesktopNews(EventReason.RESET_STARTED, plan.message()));
      case UPDATING -> Optional.of(new DesktopNews(EventReason.UPDATE_STARTED, plan.message()));
      case PENDING, CLONING, STARTING, STOPPED, TERMINATING -> Optional.empty();
    };
  }

  private static boolean hasItsDisk(DesktopPhase phase) {
    return phase == DesktopPhase.STARTING
        || phase == DesktopPhase.READY
        || phase == DesktopPhase.STOPPED;
  }

  /** The status keeps the time of its begin until the next claim can have the desktop. */
  private static boolean resetBegan(@Nullable DesktopStatus status) {
    return status != null && status.timings() != null && status.timings().resetStartedAt() != null;
  }

  private static long millis(DesktopStatus status) {
    return status.timings() == null
        ? 0
        : Objects.requireNonNullElse(status.timings().resetMillis(), 0L);
  }
}
