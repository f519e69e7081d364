package io.millrace.operator.image;

import io.millrace.api.v1alpha1.HttpSource;
import io.millrace.api.v1alpha1.ImageVersion;
import io.millrace.api.v1alpha1.ImageVersionPhase;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.operator.Names;
import io.millrace.operator.image.Action.DeleteSnapshot;
import io.millrace.operator.image.Action.DiscardHalfImport;
import io.millrace.operator.image.Action.EndImport;
import io.millrace.operator.image.Action.StartImport;
import io.millrace.operator.image.Action.TakeSnapshot;
import io.millrace.operator.image.Observed.Failure;
import io.millrace.operator.image.Observed.ImportPod;
import io.millrace.operator.image.Observed.Snapshot;
import io.millrace.operator.image.Observed.SourceVolume;
import io.millrace.operator.image.Observed.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Decides the next steps for each version of an image. Pure.
 *
 * <p>A version is imported into a fresh claim by a pod, snapshotted, and the claim and the pod are
 * removed. A failed attempt is first noted in the status and then removed: its pod carries the
 * number of the attempt, so that a failure is counted once wherever the operator is killed. A claim
 * is never filled twice: whatever a lost pod wrote would shine through the holes of the image.
 */
final class ImagePlanner {
  private ImagePlanner() {}

  static Plan plan(Observed o) {
    if (o.missing().isPresent()) {
      return new Plan(
          List.of(), List.of(), "PrerequisiteMissing", o.missing().get(), Optional.empty());
    }
    List<Action> actions = new ArrayList<>();
    List<ImageVersionStatus> versions = new ArrayList<>();
    for (Version version : o.versions()) {
      Optional<ImageVersionStatus> status =
          version.listed() ? Optional.of(listed(o, version, actions)) : unlisted(version, actions);
      status.ifPresent(versions::add);
    }
    return verdict(o, actions, versions);
  }

  private static ImageVersionStatus listed(Observed o, Version version, List<Action> actions) {
    if (version.snapshot().isPresent()) {
      return snapshotted(version, version.snapshot().get(), actions);
    }
    ImageVersion spec =
        o.spec().versions().stream()
            .filter(v -> v.name().equals(version.name()))
            .findFirst()
            .orElseThrow();
    if (spec.source().pvc() != null) {
      return fromVolume(version, spec.source().pvc().name(), actions);
    }
    HttpSource source = Objects.requireNonNull(spec.source().http(), "the schema wants one source");
    return version
        .pod()
        .map(pod -> importing(o, source, version, pod, actions))
        .orElseGet(() -> withoutPod(o, version, actions));
  }

  private static ImageVersionStatus fromVolume(Version version, String name, List<Action> actions) {
    if (version.source().isEmpty()) {
      return status(
          version,
          ImageVersionPhase.PENDING,
          "SourceNotFound",
          "waits for PersistentVolumeClaim %s, which is not in this namespace".formatted(name));
    }
    SourceVolume volume = version.source().get();
    if (!volume.block()) {
      return status(
          version,
          ImageVersionPhase.FAILED,
          "SourceNotBlock",
          ("PersistentVolumeClaim %s has a file system, and a desktop's disk is raw: copy it to one"
                  + " with volumeMode Block")
              .formatted(name));
    }
    if (!volume.bound()) {
      return status(
          version,
          ImageVersionPhase.PENDING,
          "SourceNotBound",
          "waits until PersistentVolumeClaim %s is bound".formatted(name));
    }
    actions.add(new TakeSnapshot(version.name(), name, volume.node(), ""));
    return status(version, ImageVersionPhase.SNAPSHOTTING, "Snapshotting", "is snapshotted");
  }

  private static ImageVersionStatus snapshotted(
      Version version, Snapshot snapshot, List<Action> actions) {
    if (!snapshot.ours()) {
      return status(
          version,
          ImageVersionPhase.FAILED,
          "NameTaken",
          "another VolumeSnapshot has the name that this version needs: delete it");
    }
    if (snapshot.terminating()) {
      return status(
          version, ImageVersionPhase.PENDING, "SnapshotTerminating", "waits for its old snapshot");
    }
    if (!snapshot.ready()) {
      String message = snapshot.trouble().isEmpty() ? "is snapshotted" : snapshot.trouble();
      return status(version, ImageVersionPhase.SNAPSHOTTING, "Snapshotting", message);
    }
    if (version.pod().isPresent() || version.claim().isPresent()) {
      actions.add(new EndImport(version.name()));
    }
    return status(version, ImageVersionPhase.READY, "Ready", "can be cloned");
  }

  private static ImageVersionStatus importing(
      Observed o, HttpSource source, Version version, ImportPod pod, List<Action> actions) {
    if (pod.terminating() || version.claim().filter(c -> c.terminating()).isPresent()) {
      return cleaning(version);
    }
    return switch (pod.stage()) {
      case SUCCEEDED -> {
        String digest = "sha256:" + source.sha256();
        String claim = Names.importer(o.name(), version.name());
        actions.add(new TakeSnapshot(version.name(), claim, pod.node(), digest));
        yield status(version, ImageVersionPhase.SNAPSHOTTING, "Snapshotting", "is snapshotted");
      }
      case FAILED -> failed(o, version, pod, actions);
      case WAITING -> {
        if (version.claim().isEmpty()) {
          actions.add(new StartImport(version.name(), pod.attempt()));
        }
        String message = pod.trouble().isEmpty() ? "the importer is starting" : pod.trouble();
        yield status(version, ImageVersionPhase.IMPORTING, "Importing", message);
      }
      case RUNNING ->
          status(
              version,
              ImageVersionPhase.IMPORTING,
              "Importing",
              "is downloaded from " + source.url());
    };
  }

  /** Note the failure in this pass, and clean up in the next one, when it is noted for good. */
  private static ImageVersionStatus failed(
      Observed o, Version version, ImportPod pod, List<Action> actions) {
    if (pod.attempt() < version.failures()) {
      actions.add(new EndImport(version.name()));
      return cleaning(version);
    }
    String[] said = pod.result().split(" ", 2);
    ImportFailure failure = ImportFailure.of(said[0]);
    String words =
        failure == ImportFailure.INTERRUPTED
            ? "the importer was interrupted"
                + (pod.result().isBlank() ? "" : ": " + pod.result().strip())
            : said.length > 1 ? said[1].strip() : failure.text();
    int failures = pod.attempt() + 1;
    Optional<Instant> retryAt = failure.retryAfter(failures).map(o.now()::plus);
    return failedStatus(version, failures, new Failure(failure.text(), words, retryAt));
  }

  private static ImageVersionStatus withoutPod(Observed o, Version version, List<Action> actions) {
    if (version.claim().isPresent()) {
      if (!version.claim().get().terminating()) {
        actions.add(new DiscardHalfImport(version.name()));
      }
      return cleaning(version);
    }
    if (version.failure().isPresent() && !isDue(o, version.failure().get())) {
      return failedStatus(version, version.failures(), version.failure().get());
    }
    actions.add(new StartImport(version.name(), version.failures()));
    return status(version, ImageVersionPhase.IMPORTING, "Importing", "the importer is starting");
  }

  private static boolean isDue(Observed o, Failure failure) {
    return failure.retryAt().filter(time -> !time.isAfter(o.now())).isPresent();
  }

  private static Optional<ImageVersionStatus> unlisted(Version version, List<Action> actions) {
    if (version.pod().isPresent() || version.claim().isPresent()) {
      actions.add(new EndImport(version.name()));
    }
    if (version.snapshot().filter(Snapshot::ours).isEmpty()) {
      return Optional.empty();
    }
    if (version.users().isEmpty()) {
      actions.add(new DeleteSnapshot(version.name()));
      return Optional.empty();
    }
    return Optional.of(
        status(
            version,
            ImageVersionPhase.RETIRING,
            "InUse",
            "taken off the list, kept while used by " + String.join(", ", version.users())));
  }

  private static Plan verdict(Observed o, List<Action> actions, List<ImageVersionStatus> versions) {
    Optional<ImageVersionStatus> hopeless =
        versions.stream()
            .filter(v -> v.phase() == ImageVersionPhase.FAILED && v.retryAt() == null)
            .findFirst();
    Optional<Instant> nextLook =
        versions.stream()
            .filter(v -> v.retryAt() != null)
            .map(v -> Instant.parse(v.retryAt()))
            .filter(time -> time.isAfter(o.now()))
            .min(Instant::compareTo);
    String message =
        versions.stream().map(v -> v.name() + ": " + v.message()).collect(Collectors.joining("; "));
    String reason = hopeless.map(ImageVersionStatus::reason).orElse("");
    return new Plan(List.copyOf(actions), List.copyOf(versions), reason, message, nextLook);
  }

  /** Something is being removed. A failure that was noted stays noted, or it would be forgotten. */
  private static ImageVersionStatus cleaning(Version version) {
    return version
        .failure()
        .map(failure -> failedStatus(version, version.failures(), failure))
        .orElseGet(
            () ->
                status(version, ImageVersionPhase.PENDING, "Cleaning", "waits for a clean start"));
  }

  private static ImageVersionStatus failedStatus(Version version, int failures, Failure failure) {
    return status(
        version,
        ImageVersionPhase.FAILED,
        failure.reason(),
        failure.message(),
        failures,
        failure.retryAt());
  }

  private static ImageVersionStatus status(
      Version version, ImageVersionPhase phase, String reason, String message) {
    int failures = phase == ImageVersionPhase.READY ? 0 : version.failures();
    return status(version, phase, reason, message, failures, Optional.empty());
  }

  private static ImageVersionStatus status(
      Version version,
      ImageVersionPhase phase,
      String reason,
      String message,
      int failures,
      Optional<Instant> retryAt) {
    Optional<Snapshot> snapshot = version.snapshot().filter(s -> s.ours() && s.ready());
    return new ImageVersionStatus(
        version.name(),
        phase,
        reason,
        message,
        snapshot.map(s -> version.snapshotName()).orElse(null),
        snapshot.map(Snapshot::sizeBytes).orElse(null),
        snapshot.map(Snapshot::digest).filter(digest -> !digest.isEmpty()).orElse(null),
        snapshot.map(Snapshot::node).filter(node -> !node.isEmpty()).orElse(null),
        failures > 0 ? failures : null,
        retryAt.map(Instant::toString).orElse(null));
  }
}
