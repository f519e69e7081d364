package io.millrace.operator.pool;

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
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.DesktopPoolStatus;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.operator.Labels;
import io.millrace.operator.cluster.Pass;
import io.millrace.operator.cluster.Preflight;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.cluster.Writes;
import io.millrace.operator.event.EventPublisher;
import io.millrace.operator.event.EventReason;
import io.millrace.operator.status.Conditions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Keeps a pool at its size and its revision. Passes of one pool never overlap. */
@ControllerConfiguration(name = "pool", fieldManager = Labels.OPERATOR)
@MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES)
@GradualRetry(
    maxAttempts = Integer.MAX_VALUE,
    initialInterval = 200,
    intervalMultiplier = 2.0,
    maxInterval = 30_000)
public final class PoolReconciler implements Reconciler<DesktopPool> {
  private final PoolObserver observer;
  private final Writes writes;
  private final PoolActions actions;
  private final EventPublisher events;
  private final Clock clock;

  public PoolReconciler(KubernetesClient client, Preflight preflight, Clock clock) {
    this.observer = new PoolObserver(preflight);
    this.writes = new Writes(client);
    this.actions = new PoolActions(writes);
    this.events = new EventPublisher(client, clock);
    this.clock = clock;
  }

  @Override
  public UpdateControl<DesktopPool> reconcile(DesktopPool pool, Context<DesktopPool> context) {
    if (Sources.isTerminating(pool)) {
      return UpdateControl.noUpdate();
    }
    return Pass.run(
        () -> {
          List<Desktop> desktops = PoolObserver.desktops(pool, context);
          Observed observed = observer.observe(pool, desktops, context);
          Plan intent = PoolPlanner.plan(observed);
          PoolActions.Done done = actions.execute(intent.actions(), pool, desktops);
          Plan plan = done.refusal().isEmpty() ? intent : intent.refused(done.refusal());
          DesktopPoolStatus status = PoolStatusWriter.status(pool, observed, plan, clock.instant());
          tell(pool, done.actions());
          report(pool, status, plan);
          return Conditions.holds(status.conditions(), Conditions.READY)
              ? UpdateControl.<DesktopPool>noUpdate()
              : UpdateControl.<DesktopPool>noUpdate().rescheduleAfter(nextLook(plan, done));
        });
  }

  private void report(DesktopPool pool, DesktopPoolStatus status, Plan plan) {
    var before = pool.getStatus() == null ? null : pool.getStatus().conditions();
    if (writes.report(pool, new DesktopPool(), status)
        && Conditions.holds(status.conditions(), Conditions.STALLED)
        && !Conditions.holds(before, Conditions.STALLED)) {
      events.publish(pool, EventReason.POOL_STALLED, plan.message());
    }
  }

  /** A large pool is made in portions. */
  private static Duration nextLook(Plan plan, PoolActions.Done done) {
    if (!done.refusal().isEmpty() || plan.actions().isEmpty()) {
      return Pass.RECHECK;
    }
    return done.blocked() ? Pass.BLOCKED : Pass.SOON;
  }

  /** What was done, not what was wanted: a name that is blocked is wanted again in each pass. */
  private void tell(DesktopPool pool, List<Action> done) {
    long made = count(done, Action.CreateDesktop.class);
    long deleted = count(done, Action.DeleteDesktop.class);
    long updated = count(done, Action.UpdateDesktop.class);
    if (made + deleted > 0) {
      events.publish(
          pool, EventReason.SCALED, "makes %d and deletes %d desktops".formatted(made, deleted));
    }
    if (updated > 0) {
      events.publish(
          pool,
          EventReason.ROLLED_OUT,
          "updates %d desktops; version %s".formatted(updated, pool.getSpec().image().version()));
    }
  }

  private static long count(List<Action> done, Class<? extends Action> kind) {
    return done.stream().filter(kind::isInstance).count();
  }

  @Override
  public List<EventSource<?, DesktopPool>> prepareEventSources(
      EventSourceContext<DesktopPool> context) {
    return List.of(
        Sources.ours(Desktop.class, Sources.byLabel(Labels.POOL), context),
        Sources.all(
            GoldenImage.class,
            image ->
                context
                    .getPrimaryCache()
                    .list(
                        image.getMetadata().getNamespace(),
                        pool -> pool.getSpec().image().name().equals(image.getMetadata().getName()))
                    .map(ResourceID::fromResource)
                    .collect(Collectors.toSet()),
            context));
  }
}
