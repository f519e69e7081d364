package io.millrace.operator.image;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.HttpSource;
import io.millrace.api.v1alpha1.ImageFormat;
import io.millrace.api.v1alpha1.ImageVersion;
import io.millrace.operator.Labels;
import io.millrace.operator.Names;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Writes;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/** The objects that an import is made of. Pure. */
final class ImportTemplates {
  /** Where the pod has the claim. */
  private static final String DEVICE = "/dev/target";

  /** A qcow2 file is checked as a whole before any of it is taken; this is on top of its disk. */
  private static final long SCRATCH_SLACK_BYTES = 1L << 30;

  /** An import that takes longer hangs; it is begun anew. */
  private static final Duration DEADLINE = Duration.ofHours(6);

  private static final long IMPORTER_ID = 65_532;

  private final GoldenImage image;

  ImportTemplates(GoldenImage image) {
    this.image = image;
  }

  PersistentVolumeClaim claim(ImageVersion version) {
    return new PersistentVolumeClaimBuilder()
        .withMetadata(metadata(Names.importer(name(), version.name()), version.name()))
        .withNewSpec()
        .withStorageClassName(image.getSpec().storageClassName())
        .withVolumeMode("Block")
        .withAccessModes("ReadWriteOnce")
        .withNewResources()
        .addToRequests("storage", new Quantity(version.size()))
        .endResources()
        .endSpec()
        .build();
  }

  /** What it imports is hostile until its digest is checked: the pod may do next to nothing. */
  Pod pod(ImageVersion version, int attempt, String importerImage) {
    HttpSource source =
        Objects.requireNonNull(version.source().http(), "only a file is imported by a pod");
    String claim = Names.importer(name(), version.name());
    return new PodBuilder()
        .withMetadata(metadata(claim, version.name()))
        .editMetadata()
        .addToLabels(Labels.ATTEMPT, Integer.toString(attempt))
        .endMetadata()
        .withNewSpec()
        .withHostname("importer")
        .withRestartPolicy("Never")
        .withActiveDeadlineSeconds(DEADLINE.toSeconds())
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(5L)
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(IMPORTER_ID)
        .withRunAsGroup(IMPORTER_ID)
        .withFsGroup(IMPORTER_ID)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .addNewContainer()
        .withName("importer")
        .withImage(importerImage)
        .withCommand("/opt/millrace/importer/import.sh")
        .addNewEnv()
        .withName("IMPORT_URL")
        .withValue(source.url())
        .endEnv()
        .addNewEnv()
        .withName("IMPORT_SHA256")
        .withValue(source.sha256())
        .endEnv()
        .addNewEnv()
        .withName("IMPORT_FORMAT")
        .withValue(source.format() == ImageFormat.RAW ? "raw" : "qcow2")
        .endEnv()
        .addNewEnv()
        .withName("IMPORT_TARGET")
        .withValue(DEVICE)
        .endEnv()
        .addNewEnv()
        .withName("IMPORT_SCRATCH")
        .withValue("/scratch")
        .endEnv()
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .withNewResources()
        .withRequests(Map.of("cpu", new Quantity("100m"), "memory", new Quantity("64Mi")))
        .withLimits(Map.of("memory", new Quantity("512Mi")))
        .endResources()
        .addNewVolumeDevice()
        .withName("target")
        .withDevicePath(DEVICE)
        .endVolumeDevice()
        .addNewVolumeMount()
        .withName("scratch")
        .withMountPath("/scratch")
        .endVolumeMount()
        .endContainer()
        .addNewVolume()
        .withName("target")
        .withNewPersistentVolumeClaim()
        .withClaimName(claim)
        .endPersistentVolumeClaim()
        .endVolume()
        .addNewVolume()
        .withName("scratch")
        .withNewEmptyDir()
        .withSizeLimit(scratchLimit(version))
        .endEmptyDir()
        .endVolume()
        .endSpec()
        .build();
  }

  GenericKubernetesResource snapshot(Action.TakeSnapshot action) {
    GenericKubernetesResource snapshot = new GenericKubernetesResource();
    snapshot.setApiVersion(Foreign.SNAPSHOT.apiVersion());
    snapshot.setKind(Foreign.SNAPSHOT.kind());
    ObjectMeta metadata = metadata(Names.snapshot(name(), action.version()), action.version());
    Map<String, String> annotations = metadata.getAnnotations();
    if (!action.node().isEmpty()) {
      annotations.put(Labels.NODE, action.node());
    }
    if (!action.digest().isEmpty()) {
      annotations.put(Labels.DIGEST, action.digest());
    }
    snapshot.setMetadata(metadata);
    snapshot.setAdditionalProperty(
        "spec",
        Map.of(
            "volumeSnapshotClassName",
            image.getSpec().snapshotClassName(),
            "source",
            Map.of("persistentVolumeClaimName", action.claimName())));
    return snapshot;
  }

  private static Quantity scratchLimit(ImageVersion version) {
    long disk = Quantity.getAmountInBytes(new Quantity(version.size())).longValue();
    return new Quantity(Long.toString(disk + SCRATCH_SLACK_BYTES));
  }

  private ObjectMeta metadata(String name, String version) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(image.getMetadata().getNamespace())
        .addToLabels(Labels.managed())
        .addToLabels(Labels.IMAGE, name())
        .addToLabels(Labels.IMAGE_VERSION, version)
        .withOwnerReferences(Writes.ownedBy(image))
        .build();
  }

  private String name() {
    return image.getMetadata().getName();
  }
}
