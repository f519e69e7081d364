package io.millrace.operator.image;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
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
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.GoldenImageStatus;
import io.millrace.api.v1alpha1.ImageVersionPhase;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.operator.Labels;
import io.millrace.operator.OperatorConfig;
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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Turns the versions of an image into snapshots. Passes of one image never overlap. An image that
 * somebody uses is not deleted: a finalizer holds it, and its condition names the users. One that
 * nobody uses has no finalizer, and goes even if the operator went before it.
 */
@ControllerConfiguration(
    name = "image",
    fieldManager = Labels.OPERATOR,
    // The finalizer is put on and taken off here; the framework would have it on every image.
    triggerReconcilerOnAllEvents = true)
@MaxReconciliationInterval(interval = 5, timeUnit = TimeUnit.MINUTES)
@GradualRetry(
    maxAttempts = Integer.MAX_VALUE,
    initialInterval = 200,
    intervalMultiplier = 2.0,
    maxInterval = 30_000)
public final class ImageReconciler implements Reconciler<GoldenImage> {
  private static final String FINALIZER = "millrace.io/in-use";

  private final ImageObserver observer;
  private final ImageActions actions;
  private final Writes writes;
  private final EventPublisher events;
  private final Clock clock;

  public ImageReconciler(
      KubernetesClient client, Preflight preflight, OperatorConfig config, Clock clock) {
    this.writes = new Writes(client);
    this.observer = new ImageObserver(preflight, writes, clock);
    this.actions = new ImageActions(writes, config.importerImage());
    this.events = new EventPublisher(client, clock);
    this.clock = clock;
  }

  @Override
  public UpdateControl<GoldenImage> reconcile(GoldenImage image, Context<GoldenImage> context) {
    if (context.isPrimaryResourceDeleted()) {
      return UpdateControl.noUpdate();
    }
    return Pass.run(
        () -> {
          Observed observed = observer.observe(image, context);
          if (hold(image, !observed.users().isEmpty())) {
            return UpdateControl.<GoldenImage>noUpdate().rescheduleAfter(Pass.SOON);
          }
          if (Sources.isTerminating(image)) {
            return sayWhoUses(image, observed.users());
          }
          Plan intent = ImagePlanner.plan(observed);
          ImageActions.Done done = actions.execute(intent.actions(), image);
          Plan plan = intent.refused(done.refusals());
          GoldenImageStatus status = ImageStatusWriter.status(image, plan, clock.instant());
          report(image, status);
          return nextPass(status, plan, done.blocked());
        });
  }

  /**
   * Puts the finalizer on a used image, and takes it off when nobody uses it any more.
   *
   * @return whether the image is another object now
   */
  private boolean hold(GoldenImage image, boolean used) {
    List<String> finalizers = image.getMetadata().getFinalizers();
    boolean held = finalizers.contains(FINALIZER);
    if (held == used || (used && Sources.isTerminating(image))) {
      return false;
    }
    List<String> others = finalizers.stream().filter(name -> !name.equals(FINALIZER)).toList();
    writes.setFinalizersLocked(
        image, used ? Stream.concat(others.stream(), Stream.of(FINALIZER)).toList() : others);
    return true;
  }

  /** Its snapshots, and what an import left, are its children: Kubernetes removes them after it. */
  private UpdateControl<GoldenImage> sayWhoUses(GoldenImage image, List<String> users) {
    if (users.isEmpty()) {
      return UpdateControl.noUpdate();
    }
    String message = "can't be deleted while used by " + String.join(", ", users);
    GoldenImageStatus before = image.getStatus();
    GoldenImageStatus status =
        new GoldenImageStatus(
            image.getMetadata().getGeneration(),
            before == null ? null : before.versions(),
            Conditions.after(
                    before == null ? null : before.conditions(),
                    image.getMetadata().getGeneration(),
                    clock.instant())
                .set(Conditions.READY, false, "InUse", message)
                .set(Conditions.RECONCILING, false, "InUse", message)
                .set(Conditions.STALLED, true, "InUse", message)
                .build());
    if (writes.report(image, new GoldenImage(), status)) {
      events.publish(image, EventReason.IMAGE_IN_USE, message);
    }
    return UpdateControl.<GoldenImage>noUpdate().rescheduleAfter(Pass.RECHECK);
  }

  private void report(GoldenImage image, GoldenImageStatus status) {
    if (writes.report(image, new GoldenImage(), status)) {
      publish(image, status);
    }
  }

  private UpdateControl<GoldenImage> nextPass(
      GoldenImageStatus status, Plan plan, boolean blocked) {
    UpdateControl<GoldenImage> control = UpdateControl.noUpdate();
    if (blocked) {
      return control.rescheduleAfter(Pass.BLOCKED);
    }
    if (!Conditions.holds(status.conditions(), Conditions.READY)) {
      return control.rescheduleAfter(nextLook(plan));
    }
    return control;
  }

  private Duration nextLook(Plan plan) {
    return plan.nextLook()
        .map(time -> Duration.between(clock.instant(), time))
        .filter(wait -> wait.compareTo(Pass.RECHECK) < 0)
        .map(wait -> wait.compareTo(Pass.SOON) < 0 ? Pass.SOON : wait)
        .orElse(Pass.RECHECK);
  }

  private void publish(GoldenImage image, GoldenImageStatus status) {
    for (ImageVersionStatus version : Optional.ofNullable(status.versions()).orElse(List.of())) {
      ImageVersionPhase before = phase(image.getStatus(), version.name());
      if (before == version.phase()) {
        continue;
      }
      String note = version.name() + ": " + version.message();
      switch (version.phase()) {
        case READY -> events.publish(image, EventReason.IMAGE_READY, note);
        case FAILED -> events.publish(image, EventReason.IMPORT_FAILED, note);
        case RETIRING -> events.publish(image, EventReason.IMAGE_IN_USE, note);
        case PENDING, IMPORTING, SNAPSHOTTING -> {}
      }
    }
  }

  private static @Nullable ImageVersionPhase phase(
      @Nullable GoldenImageStatus status, String version) {
    return status == null || status.versions() == null
        ? null
        : status.versions().stream()
            .filter(v -> v.name().equals(version))
            .map(ImageVersionStatus::phase)
            .findFirst()
            .orElse(null);
  }

  @Override
  public List<EventSource<?, GoldenImage>> prepareEventSources(
      EventSourceContext<GoldenImage> context) {
    return List.of(
        Sources.ours(Pod.class, Sources.byLabel(Labels.IMAGE), context),
        Sources.ours(PersistentVolumeClaim.class, Sources.byLabel(Labels.IMAGE), context),
        Sources.all(DesktopPool.class, pool -> image(pool, pool.getSpec().image().name()), context),
        Sources.ours(
            Desktop.class, desktop -> image(desktop, desktop.getSpec().image().name()), context));
  }

  private static Set<ResourceID> image(HasMetadata user, String image) {
    return Set.of(Sources.id(user, image));
  }
}
