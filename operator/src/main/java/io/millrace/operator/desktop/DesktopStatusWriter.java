package io.millrace.operator.desktop;

import io.millrace.api.v1alpha1.ClaimRef;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPhase;
import io.millrace.api.v1alpha1.DesktopStatus;
import io.millrace.api.v1alpha1.DesktopTimings;
import io.millrace.operator.Names;
import io.millrace.operator.desktop.Observed.Clone;
import io.millrace.operator.desktop.Observed.Instance;
import io.millrace.operator.desktop.Observed.Machine;
import io.millrace.operator.status.Conditions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says how a desktop stands: the only place that makes its status. Pure. */
final class DesktopStatusWriter {
  private static final DesktopTimings NO_TIMINGS =
      new DesktopTimings(null, null, null, null, null, null);

  private DesktopStatusWriter() {}

  static DesktopStatus status(Desktop desktop, Observed o, Plan plan, Instant now) {
    DesktopStatus before = desktop.getStatus();
    long generation = desktop.getMetadata().getGeneration();
    Optional<Clone> current = o.machine().map(Machine::cloneNumber).flatMap(o::clone);
    Optional<Instance> instance = o.instance().filter(Instance::running);
    return new DesktopStatus(
        generation,
        plan.phase(),
        o.machine().map(machine -> o.name()).orElse(null),
        current.map(Clone::name).orElse(null),
        current.map(Clone::number).orElse(null),
        current.map(Clone::imageVersion).orElse(null),
        o.machine().map(Machine::templateHash).orElse(null),
        user(o.spec().claimRef()),
        instance.map(Instance::node).filter(node -> !node.isEmpty()).orElse(null),
        instance.map(Instance::ip).filter(ip -> !ip.isEmpty()).orElse(null),
        timings(before, o, plan, now),
        Conditions.after(before == null ? null : before.conditions(), generation, now)
            .set(Conditions.READY, plan.ready(), plan.reason(), plan.message())
            .set(Availability.AVAILABLE, plan.available(), plan.reason(), availability(o, plan))
            .set(Conditions.STALLED, plan.stalled(), plan.reason(), plan.message())
            .build());
  }

  private static @Nullable String user(@Nullable ClaimRef claim) {
    return claim == null ? null : claim.user();
  }

  private static String availability(Observed o, Plan plan) {
    if (plan.available()) {
      return "the next claim can have it";
    }
    return o.spec().claimRef() == null
        ? plan.message()
        : "held for " + o.spec().claimRef().user() + (resetting(plan) ? ", until its reset" : "");
  }

  private static DesktopTimings timings(
      @Nullable DesktopStatus before, Observed o, Plan plan, Instant now) {
    DesktopTimings old = before == null || before.timings() == null ? NO_TIMINGS : before.timings();
    String time = now.truncatedTo(ChronoUnit.MILLIS).toString();
    boolean begins =
        old.requestedAt() == null
            || (resetting(plan) && old.resetStartedAt() == null)
            || (updating(plan) && (before == null || before.phase() != DesktopPhase.UPDATING));
    boolean resetDone = old.resetStartedAt() != null && plan.available();
    boolean bound = wantedClone(o, plan).filter(Clone::bound).isPresent();
    boolean onOldClone = resetting(plan) || updating(plan);
    boolean running = !onOldClone && o.instance().filter(Instance::running).isPresent();
    return new DesktopTimings(
        begins ? time : old.requestedAt(),
        begins ? null : first(old.clonedAt(), bound, time),
        begins ? null : first(old.runningAt(), running, time),
        begins ? null : first(old.readyAt(), running && plan.ready(), time),
        resetDone ? null : first(old.resetStartedAt(), resetting(plan), time),
        resetDone ? Long.valueOf(millisSince(old.resetStartedAt(), now)) : old.resetMillis());
  }

  /** The clone that the desktop is to have: the newest that is neither dirty nor going. */
  private static Optional<Clone> wantedClone(Observed o, Plan plan) {
    int old = updating(plan) ? o.machine().map(Machine::cloneNumber).orElse(0) : 0;
    int after = o.holder() == Observed.Holder.NO_MORE ? o.heldCloneNumber() : old;
    return o.clone(o.highestCloneNumber())
        .filter(clone -> clone.number() > after && clone.usable())
        .filter(clone -> clone.name().equals(Names.clone(o.name(), clone.number())));
  }

  private static long millisSince(@Nullable String time, Instant now) {
    return Duration.between(Instant.parse(Objects.requireNonNull(time)), now).toMillis();
  }

  private static @Nullable String first(@Nullable String old, boolean happened, String time) {
    return old != null || !happened ? old : time;
  }

  private static boolean updating(Plan plan) {
    return plan.phase() == DesktopPhase.UPDATING;
  }

  private static boolean resetting(Plan plan) {
    return plan.phase() == DesktopPhase.RESETTING;
  }
}
