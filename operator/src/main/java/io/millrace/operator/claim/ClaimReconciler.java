package io.millrace.operator.claim;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.millrace.api.v1alpha1.ClaimPhase;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopClaimStatus;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.operator.Labels;
import io.millrace.operator.cluster.Pass;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.cluster.Writes;
import io.millrace.operator.desktop.Availability;
import io.millrace.operator.event.EventPublisher;
import io.millrace.operator.event.EventReason;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Gives a claim its desktop. Passes of one claim never overlap; passes of different claims do, and
 * the API server decides between them. Deleting a claim needs nothing here: the desktop sees it.
 */
@ControllerConfiguration(name = "claim", fieldManager = Labels.OPERATOR)
@MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES)
@GradualRetry(
    maxAttempts = Integer.MAX_VALUE,
    initialInterval = 200,
    intervalMultiplier = 2.0,
    maxInterval = 30_000)
public final class ClaimReconciler implements Reconciler<DesktopClaim> {
  private final ClaimObserver observer = new ClaimObserver();
  private final Writes writes;
  private final ClaimActions actions;
  private final EventPublisher events;
  private final Clock clock;

  public ClaimReconciler(KubernetesClient client, Clock clock) {
    this.writes = new Writes(client);
    this.actions = new ClaimActions(writes);
    this.events = new EventPublisher(client, clock);
    this.clock = clock;
  }

  @Override
  public UpdateControl<DesktopClaim> reconcile(DesktopClaim claim, Context<DesktopClaim> context) {
    if (Sources.isTerminating(claim)) {
      return UpdateControl.noUpdate();
    }
    return Pass.run(
        () -> {
          List<Desktop> desktops = ClaimObserver.desktops(claim, context);
          Plan plan = ClaimPlanner.plan(observer.observe(claim, desktops, context));
          if (!plan.actions().isEmpty()) {
            actions.execute(plan.actions(), claim, desktops);
            return UpdateControl.<DesktopClaim>noUpdate().rescheduleAfter(Pass.SOON);
          }
          DesktopClaimStatus status =
              ClaimStatusWriter.status(claim, desktops, plan, clock.instant());
          report(claim, status);
          return status.phase() == ClaimPhase.BOUND
              ? UpdateControl.<DesktopClaim>noUpdate()
              : UpdateControl.<DesktopClaim>noUpdate().rescheduleAfter(Pass.RECHECK);
        });
  }

  private void report(DesktopClaim claim, DesktopClaimStatus status) {
    if (writes.report(claim, new DesktopClaim(), status)) {
      publish(claim, status);
    }
  }

  private void publish(DesktopClaim claim, DesktopClaimStatus status) {
    boolean wasBound = claim.getStatus() != null && claim.getStatus().phase() == ClaimPhase.BOUND;
    if (status.phase() == ClaimPhase.BOUND && !wasBound) {
      events.publish(claim, EventReason.BOUND, "has desktop " + status.desktopName());
    }
  }

  @Override
  public List<EventSource<?, DesktopClaim>> prepareEventSources(
      EventSourceContext<DesktopClaim> context) {
    return List.of(
        Sources.ours(Desktop.class, desktop -> affected(desktop, context), context),
        Sources.all(
            DesktopPool.class,
            pool ->
                claims(context, pool.getMetadata().getNamespace(), pool.getMetadata().getName()),
            context));
  }

  /** A desktop's own claim; and the pool's other claims, when the desktop is free for them. */
  private static Set<ResourceID> affected(
      Desktop desktop, EventSourceContext<DesktopClaim> context) {
    String namespace = desktop.getMetadata().getNamespace();
    if (Availability.isAvailable(desktop)) {
      return claims(context, namespace, desktop.getSpec().poolName());
    }
    return desktop.getSpec().claimRef() == null
        ? Set.of()
        : Set.of(new ResourceID(desktop.getSpec().claimRef().name(), namespace));
  }

  private static Set<ResourceID> claims(
      EventSourceContext<DesktopClaim> context, String namespace, String pool) {
    return context
        .getPrimaryCache()
        .list(namespace, claim -> claim.getSpec().poolName().equals(pool))
        .map(ResourceID::fromResource)
        .collect(Collectors.toSet());
  }
}
