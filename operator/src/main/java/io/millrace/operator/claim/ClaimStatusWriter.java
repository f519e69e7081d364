package io.millrace.operator.claim;

import io.millrace.api.v1alpha1.ClaimPhase;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopClaimStatus;
import io.millrace.operator.desktop.Availability;
import io.millrace.operator.status.Conditions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says what a claim has: the only place that makes its status, but for the noted choice. Pure. */
final class ClaimStatusWriter {
  /** Condition type: a desktop is this claim's. */
  private static final String BOUND = "Bound";

  private ClaimStatusWriter() {}

  /**
   * Only called for a plan without actions: while a desktop is being taken, the claim is left
   * alone.
   */
  static DesktopClaimStatus status(
      DesktopClaim claim, List<Desktop> desktops, Plan plan, Instant now) {
    DesktopClaimStatus before = claim.getStatus();
    long generation = claim.getMetadata().getGeneration();
    boolean bound = !plan.bound().isEmpty();
    Optional<Desktop> desktop =
        desktops.stream().filter(d -> d.getMetadata().getName().equals(plan.bound())).findFirst();
    boolean ready =
        desktop.filter(d -> Availability.isReady(d) && d.getStatus().ip() != null).isPresent();
    String message = bound && !ready ? plan.message() + ", which is not ready yet" : plan.message();
    return new DesktopClaimStatus(
        generation,
        bound ? ClaimPhase.BOUND : ClaimPhase.PENDING,
        bound ? plan.bound() : null,
        ready ? desktop.orElseThrow().getStatus().ip() : null,
        plan.queuePosition() > 0 ? plan.queuePosition() : null,
        boundAt(before, bound, now),
        Conditions.after(before == null ? null : before.conditions(), generation, now)
            .set(Conditions.READY, ready, bound && !ready ? "Starting" : plan.reason(), message)
            .set(BOUND, bound, plan.reason(), plan.message())
            .build());
  }

  private static @Nullable String boundAt(
      @Nullable DesktopClaimStatus before, boolean bound, Instant now) {
    if (!bound) {
      return null;
    }
    return before != null && before.boundAt() != null
        ? before.boundAt()
        : now.truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
