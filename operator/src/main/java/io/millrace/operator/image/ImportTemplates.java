package io.millrace.operator.image;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
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
import io.millrace.operator.Bytes;
import io.millrace.operator.Labels;
import io.millrace.operator.Names;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Writes;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/** The objects that an import is made of. Pure. */
final class ImportTemplates {
  /** Where the pod has the disk to fill. */
  private static final String DEVICE = "/dev/target";

  private static final String SCRATCH_FOLDER = "/scratch";

  /** The pod's volumes. */
  private static final String TARGET = "target";

  private static final String SCRATCH = "scratch";

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
    String name = Names.importer(name(), version.name());
    return new PodBuilder()
        .withMetadata(metadata(name, version.name()))
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
        .withContainers(container(source, importerImage))
        .addNewVolume()
        .withName(TARGET)
        .withNewPersistentVolumeClaim()
        .withClaimName(name)
        .endPersistentVolumeClaim()
        .endVolume()
        .addNewVolume()
        .withName(SCRATCH)
        .withNewEmptyDir()
        .withSizeLimit(scratchLimit(version))
        .endEmptyDir()
        .endVolume()
        .endSpec()
        .build();
  }

  /** One that ends without a report leaves the end of its log instead. */
  private static Container container(HttpSource source, String importerImage) {
    return new ContainerBuilder()
        .withName("importer")
        .withImage(importerImage)
        .withCommand("/opt/millrace/importer/import.sh")
        .withEnv(
            variable("IMPORT_URL", source.url()),
            variable("IMPORT_SHA256", source.sha256()),
            variable("IMPORT_FORMAT", source.format() == ImageFormat.RAW ? "raw" : "qcow2"),
            variable("IMPORT_TARGET", DEVICE),
            variable("IMPORT_SCRATCH", SCRATCH_FOLDER))
        .withTerminationMessagePolicy("FallbackToLogsOnError")
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
        .withName(TARGET)
        .withDevicePath(DEVICE)
        .endVolumeDevice()
        .addNewVolumeMount()
        .withName(SCRATCH)
        .withMountPath(SCRATCH_FOLDER)
        .endVolumeMount()
        .build();
  }

  private static EnvVar variable(String name, String value) {
    return new EnvVar(name, value, null);
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
    long bytes = Bytes.of(Objects.requireNonNull(version.size(), "a file has a size"));
    return new Quantity(Long.toString(bytes + SCRATCH_SLACK_BYTES));
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
