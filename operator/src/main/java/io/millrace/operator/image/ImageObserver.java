package io.millrace.operator.image;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.ImageVersion;
import io.millrace.api.v1alpha1.ImageVersionPhase;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.operator.Bytes;
import io.millrace.operator.Labels;
import io.millrace.operator.Names;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Preflight;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.cluster.Writes;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** Gathers everything that an image's plan depends on; nothing else reads on its behalf. */
final class ImageObserver {
  private final Preflight preflight;
  private final Writes api;
  private final Clock clock;

  ImageObserver(Preflight preflight, Writes api, Clock clock) {
    this.preflight = preflight;
    this.api = api;
    this.clock = clock;
  }

  Observed observe(GoldenImage image, Context<GoldenImage> context) {
    Optional<String> missing = preflight.missing(Foreign.SNAPSHOT);
    if (missing.isEmpty()) {
      Sources.watch(Foreign.SNAPSHOT, Sources.byLabel(Labels.IMAGE), context);
    }
    List<DesktopPool> pools =
        inNamespace(context, DesktopPool.class, image, pool -> pool.getSpec().image().name());
    List<Desktop> desktops =
        inNamespace(context, Desktop.class, image, desktop -> desktop.getSpec().image().name());
    return new Observed(
        image.getMetadata().getName(),
        image.getSpec(),
        missing.isPresent() ? List.of() : versions(image, pools, desktops, context),
        users(pools, desktops),
        missing,
        clock.instant());
  }

  private static <R extends HasMetadata> List<R> inNamespace(
      Context<GoldenImage> context,
      Class<R> kind,
      GoldenImage image,
      Function<R, String> imageName) {
    String name = image.getMetadata().getName();
    return Sources.list(
        context,
        kind,
        image.getMetadata().getNamespace(),
        object -> imageName.apply(object).equals(name) && !Sources.isTerminating(object));
  }

  private List<Observed.Version> versions(
      GoldenImage image,
      List<DesktopPool> pools,
      List<Desktop> desktops,
      Context<GoldenImage> context) {
    List<GenericKubernetesResource> snapshots =
        Sources.list(context, Foreign.SNAPSHOT, namespace(image), object -> isOf(image, object));
    List<Pod> pods =
        Sources.list(context, Pod.class, namespace(image), object -> isOf(image, object));
    List<PersistentVolumeClaim> claims =
        Sources.list(
            context, PersistentVolumeClaim.class, namespace(image), object -> isOf(image, object));
    Set<String> names = new LinkedHashSet<>();
    image.getSpec().versions().stream().map(ImageVersion::name).forEach(names::add);
    Stream.of(snapshots, pods, claims)
        .flatMap(List::stream)
        .map(object -> Sources.label(object, Labels.IMAGE_VERSION))
        .forEach(names::add);
    return names.stream()
        .map(
            name ->
                new Observed.Version(
                    name,
                    Names.snapshot(image.getMetadata().getName(), name),
                    listed(image, name).isPresent(),
                    ofVersion(snapshots, name).isPresent()
                        ? Optional.empty()
                        : listed(image, name).flatMap(v -> source(v, image)),
                    ofVersion(snapshots, name).map(s -> snapshot(s, image)),
                    ofVersion(pods, name).map(ImageObserver::pod),
                    ofVersion(claims, name).map(c -> claim(c, image)),
                    noted(image, name).map(ImageObserver::failures).orElse(0),
                    noted(image, name).flatMap(ImageObserver::failure),
                    users(
                        pools.stream()
                            .filter(p -> p.getSpec().image().version().equals(name))
                            .toList(),
                        desktops.stream()
                            .filter(d -> d.getSpec().image().version().equals(name))
                            .toList())))
        .toList();
  }

  private static Optional<ImageVersion> listed(GoldenImage image, String version) {
    return image.getSpec().versions().stream().filter(v -> v.name().equals(version)).findFirst();
  }

  /** Somebody else's volume, so in no cache of ours. */
  private Optional<Observed.SourceVolume> source(ImageVersion version, GoldenImage image) {
    if (version.source().pvc() == null) {
      return Optional.empty();
    }
    return Optional.ofNullable(
            api.read(PersistentVolumeClaim.class, namespace(image), version.source().pvc().name()))
        .map(
            volume ->
                new Observed.SourceVolume(
                    "Block".equals(volume.getSpec().getVolumeMode()),
                    volume.getStatus() != null && "Bound".equals(volume.getStatus().getPhase()),
                    Sources.annotation(volume, Labels.SELECTED_NODE)));
  }

  private static List<String> users(List<DesktopPool> pools, List<Desktop> desktops) {
    return Stream.concat(
            pools.stream().map(pool -> "pool " + pool.getMetadata().getName()),
            desktops.stream().map(desktop -> "desktop " + desktop.getMetadata().getName()))
        .toList();
  }

  private static boolean isOf(GoldenImage image, HasMetadata object) {
    return Sources.label(object, Labels.IMAGE).equals(image.getMetadata().getName());
  }

  private static <R extends HasMetadata> Optional<R> ofVersion(List<R> objects, String version) {
    return objects.stream()
        .filter(object -> Sources.label(object, Labels.IMAGE_VERSION).equals(version))
        .findFirst();
  }

  private static Observed.Snapshot snapshot(GenericKubernetesResource object, GoldenImage image) {
    Object size = object.get("status", "restoreSize");
    Object trouble = object.get("status", "error", "message");
    return new Observed.Snapshot(
        Sources.isOwnedBy(object, image),
        Sources.isTerminating(object),
        Boolean.TRUE.equals(object.get("status", "readyToUse")) && size != null,
        size == null ? 0 : Bytes.of(size.toString()),
        Sources.annotation(object, Labels.NODE),
        Sources.annotation(object, Labels.DIGEST),
        trouble == null ? "" : trouble.toString());
  }

  private static Observed.ImportPod pod(Pod pod) {
    String phase = pod.getStatus() == null ? "" : Objects.toString(pod.getStatus().getPhase(), "");
    Optional<ContainerState> state =
        pod.getStatus() == null
            ? Optional.empty()
            : pod.getStatus().getContainerStatuses().stream()
                .map(ContainerStatus::getState)
                .filter(Objects::nonNull)
                .findFirst();
    return new Observed.ImportPod(
        switch (phase) {
          case "Succeeded" -> Observed.Stage.SUCCEEDED;
          case "Failed" -> Observed.Stage.FAILED;
          case "Running" -> Observed.Stage.RUNNING;
          default -> Observed.Stage.WAITING;
        },
        Sources.number(pod, Labels.ATTEMPT),
        Sources.isTerminating(pod),
        Objects.toString(pod.getSpec().getNodeName(), ""),
        state
            .map(ContainerState::getTerminated)
            .map(ended -> Objects.toString(ended.getMessage(), ""))
            .orElseGet(() -> podMessage(pod)),
        state
            .map(ContainerState::getWaiting)
            .map(waiting -> waiting.getReason() + " " + Objects.toString(waiting.getMessage(), ""))
            .orElseGet(() -> unscheduled(pod)));
  }

  /** What kubelet says of a pod whose container left no word, such as an eviction. */
  private static String podMessage(Pod pod) {
    return pod.getStatus() == null
        ? ""
        : Objects.toString(pod.getStatus().getReason(), "")
            + " "
            + Objects.toString(pod.getStatus().getMessage(), "");
  }

  private static String unscheduled(Pod pod) {
    return pod.getStatus() == null
        ? ""
        : pod.getStatus().getConditions().stream()
            .filter(c -> c.getType().equals("PodScheduled") && c.getStatus().equals("False"))
            .map(c -> Objects.toString(c.getMessage(), ""))
            .findFirst()
            .orElse("");
  }

  private static Observed.ImportClaim claim(PersistentVolumeClaim claim, GoldenImage image) {
    return new Observed.ImportClaim(Sources.isOwnedBy(claim, image), Sources.isTerminating(claim));
  }

  private static Optional<ImageVersionStatus> noted(GoldenImage image, String version) {
    if (image.getStatus() == null || image.getStatus().versions() == null) {
      return Optional.empty();
    }
    return image.getStatus().versions().stream()
        .filter(status -> status.name().equals(version))
        .findFirst();
  }

  private static int failures(ImageVersionStatus status) {
    return Objects.requireNonNullElse(status.failures(), 0);
  }

  private static Optional<Observed.Failure> failure(ImageVersionStatus status) {
    return status.phase() == ImageVersionPhase.FAILED && failures(status) > 0
        ? Optional.of(
            new Observed.Failure(
                Objects.toString(status.reason(), ""),
                Objects.toString(status.message(), ""),
                Optional.ofNullable(status.retryAt()).map(Instant::parse)))
        : Optional.empty();
  }

  private static String namespace(GoldenImage image) {
    return image.getMetadata().getNamespace();
  }
}
