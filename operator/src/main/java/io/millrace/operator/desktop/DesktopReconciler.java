package io.millrace.operator.desktop;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.DesktopStatus;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.operator.Labels;
import io.millrace.operator.OperatorConfig;
import io.millrace.operator.cluster.Pass;
import io.millrace.operator.cluster.Preflight;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.cluster.Writes;
import io.millrace.operator.event.EventPublisher;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Keeps one desktop as its pool and its claim want it. Passes of one desktop never overlap; passes
 * of different desktops do. Each pass looks at everything and trusts no memory of the last one.
 */
@ControllerConfiguration(name = "desktop", fieldManager = Labels.OPERATOR)
@MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES)
@GradualRetry(
    maxAttempts = Integer.MAX_VALUE,
    initialInterval = 200,
    intervalMultiplier = 2.0,
    maxInterval = 30_000)
public final class DesktopReconciler implements Reconciler<Desktop> {
  private final Writes writes;
  private final DesktopObserver observer;
  private final DesktopActions actions;
  private final EventPublisher events;
  private final Clock clock;

  public DesktopReconciler(
      KubernetesClient client, Preflight preflight, OperatorConfig config, Clock clock) {
    this.writes = new Writes(client);
    this.observer = new DesktopObserver(preflight, writes, config.driverName());
    this.actions = new DesktopActions(writes);
    this.events = new EventPublisher(client, clock);
    this.clock = clock;
  }

  @Override
  public UpdateControl<Desktop> reconcile(Desktop desktop, Context<Desktop> context) {
    return Pass.run(
        () -> {
          Observed observed = observer.observe(desktop, context);
          Plan plan = DesktopPlanner.plan(observed);
          Outcome outcome = execute(plan, desktop, context);
          if (outcome.plan().actions().stream().anyMatch(Action::changesDesktop)) {
            return UpdateControl.<Desktop>noUpdate().rescheduleAfter(Pass.SOON);
          }
          DesktopStatus status =
              DesktopStatusWriter.status(desktop, observed, outcome.plan(), clock.instant());
          report(desktop, status, outcome.plan());
          boolean soon = !outcome.done() || (observed.availableToClaims() && !plan.available());
          return nextLook(outcome.plan(), soon);
        });
  }

  /**
   * How far the plan came.
   *
   * @param plan the plan, or, if the API server refused a step, what it said
   * @param done false if a step has to wait a moment
   */
  private record Outcome(Plan plan, boolean done) {}

  private Outcome execute(Plan plan, Desktop desktop, Context<Desktop> context) {
    try {
      boolean done =
          observer
              .pool(desktop, context)
              .map(pool -> actions.execute(plan.actions(), desktop, pool))
              .orElse(true);
      return new Outcome(plan, done);
    } catch (KubernetesClientException e) {
      if (Pass.isRefusal(e)) {
        return new Outcome(Plan.stalled(plan.phase(), "Refused", Pass.refusal(e)), true);
      }
      throw e;
    }
  }

  private void report(Desktop desktop, DesktopStatus status, Plan plan) {
    if (writes.report(desktop, new Desktop(), status)) {
      DesktopNews.of(desktop.getStatus(), status, plan)
          .forEach(news -> events.publish(desktop, news.reason(), news.note()));
    }
  }

  private static UpdateControl<Desktop> nextLook(Plan plan, boolean soon) {
    UpdateControl<Desktop> control = UpdateControl.noUpdate();
    boolean settled = plan.ready() && plan.actions().isEmpty();
    return settled ? control : control.rescheduleAfter(soon ? Pass.SOON : Pass.RECHECK);
  }

  @Override
  public List<EventSource<?, Desktop>> prepareEventSources(EventSourceContext<Desktop> context) {
    return List.of(
        Sources.all(
            DesktopPool.class,
            pool -> desktops(context, pool, d -> d.getSpec().poolName().equals(name(pool))),
            context),
        Sources.all(
            GoldenImage.class,
            image -> desktops(context, image, d -> d.getSpec().image().name().equals(name(image))),
            context),
        Sources.all(
            DesktopClaim.class,
            claim -> desktops(context, claim, d -> isHeldBy(d, claim)),
            context),
        Sources.ours(PersistentVolumeClaim.class, Sources.byLabel(Labels.DESKTOP), context),
        Sources.all(Node.class, node -> Set.of(), context),
        Sources.all(CSINode.class, node -> Set.of(), context));
  }

  private static Set<ResourceID> desktops(
      EventSourceContext<Desktop> context, HasMetadata cause, Predicate<Desktop> affected) {
    return context
        .getPrimaryCache()
        .list(cause.getMetadata().getNamespace(), affected)
        .map(ResourceID::fromResource)
        .collect(Collectors.toSet());
  }

  private static boolean isHeldBy(Desktop desktop, DesktopClaim claim) {
    return desktop.getSpec().claimRef() != null
        && desktop.getSpec().claimRef().uid().equals(claim.getMetadata().getUid());
  }

  private static String name(HasMetadata object) {
    return object.getMetadata().getName();
  }
}
