package io.millrace.operator.wiring;

import static io.millrace.operator.harness.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.ImageVersionPhase;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.operator.harness.ApiServer;
import io.millrace.operator.harness.Scene;
import io.millrace.operator.harness.SharedApiServer;
import io.millrace.operator.harness.World;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Imports, their failures, and what keeps a version. */
@ExtendWith(SharedApiServer.class)
final class ImagesIT {
  private static LiveOperator live;
  private static KubernetesClient client;
  private static World world;
  private Scene scene;

  @BeforeAll
  static void start(ApiServer server) {
    live = LiveOperator.on(server);
    client = live.client();
    world = live.world();
  }

  @AfterAll
  static void stop() {
    live.close();
  }

  @BeforeEach
  void begin() {
    scene = new Scene(client);
  }

  @AfterEach
  void cleanUp() {
    world.imports(pod -> "");
    scene.clear();
  }

  @Test
  void importLeavesTheSnapshotAndNothingElse() {
    AtomicReference<Pod> importer = new AtomicReference<>();
    world.imports(
        pod -> {
          importer.set(pod);
          return "";
        });
    scene.image("v1");
    eventuallyPhase("v1", ImageVersionPhase.READY);
    ImageVersionStatus status = version("v1").orElseThrow();
    assertEquals("debian.v1", status.snapshotName());
    assertEquals("sha256:" + "0".repeat(64), status.digest());
    assertEquals(World.NODE, status.nodeName());
    assertEquals(1L << 30, status.sizeBytes());
    eventually("no pod and no claim is left", this::onlySnapshotsAreLeft, scene::dump);
    assertIsRestricted(Objects.requireNonNull(importer.get()));
  }

  private static void assertIsRestricted(Pod pod) {
    var container = pod.getSpec().getContainers().getFirst();
    assertEquals(false, pod.getSpec().getAutomountServiceAccountToken());
    assertEquals(true, pod.getSpec().getSecurityContext().getRunAsNonRoot());
    assertEquals(
        "RuntimeDefault", pod.getSpec().getSecurityContext().getSeccompProfile().getType());
    assertEquals(List.of("ALL"), container.getSecurityContext().getCapabilities().getDrop());
    assertEquals(true, container.getSecurityContext().getReadOnlyRootFilesystem());
    assertEquals(false, container.getSecurityContext().getAllowPrivilegeEscalation());
    assertNotNull(container.getResources().getLimits().get("memory"));
  }

  @Test
  void imageWithTheWrongDigestIsNeverTakenAndLeavesNothing() {
    world.imports(pod -> "DigestMismatch the file has sha256 11, not 00");
    scene.image("v1");
    eventuallyPhase("v1", ImageVersionPhase.FAILED);
    ImageVersionStatus status = version("v1").orElseThrow();
    assertEquals("DigestMismatch", status.reason());
    assertEquals("the file has sha256 11, not 00", status.message());
    assertEquals(1, status.failures());
    assertNotNull(status.retryAt());
    eventually("nothing half-made is left", () -> left().isEmpty(), scene::dump);
  }

  @Test
  void imageThatCanNeverBeTakenStallsWithoutRetry() {
    AtomicInteger tries = new AtomicInteger();
    world.imports(
        pod -> {
          if (pod.getMetadata().getNamespace().equals(scene.namespace())) {
            tries.incrementAndGet();
          }
          return "HasBackingFile the image needs a backing file: flatten it";
        });
    scene.image("v1");
    eventually(
        "the image is stalled",
        () -> scene.imageMessage("Stalled").startsWith("HasBackingFile: v1:"),
        scene::dump);
    eventually("nothing half-made is left", () -> left().isEmpty(), scene::dump);
    assertEquals(null, version("v1").orElseThrow().retryAt());
    assertEquals(1, tries.get());
  }

  @Test
  void unreachableServerIsTriedAgain() {
    AtomicInteger tries = new AtomicInteger();
    world.imports(
        pod ->
            pod.getMetadata().getNamespace().equals(scene.namespace())
                    && tries.incrementAndGet() == 1
                ? "Unreachable no answer"
                : "");
    scene.image("v1");
    eventuallyPhase("v1", ImageVersionPhase.FAILED);
    eventuallyPhase("v1", ImageVersionPhase.READY);
    assertEquals(2, tries.get());
    assertEquals(null, version("v1").orElseThrow().failures());
  }

  @Test
  void claimIsSnapshottedDirectlyIfItIsRaw() {
    scene.apply(volume("files", "Filesystem"));
    scene.apply(
        """
        apiVersion: millrace.io/v1alpha1
        kind: GoldenImage
        metadata: {name: debian}
        spec: {versions: [{name: v0, source: {pvc: {name: files}}}]}
        """);
    eventually(
        "the image says why not",
        () -> scene.imageMessage("Stalled").startsWith("SourceNotBlock: v0:"),
        scene::dump);
    scene.apply(volume("master", "Block"));
    scene.apply(
        """
        apiVersion: millrace.io/v1alpha1
        kind: GoldenImage
        metadata: {name: debian}
        spec: {versions: [{name: v1, source: {pvc: {name: master}}}]}
        """);
    eventuallyPhase("v1", ImageVersionPhase.READY);
    assertEquals(World.NODE, version("v1").orElseThrow().nodeName());
  }

  private static String volume(String name, String mode) {
    return """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s, annotations: {volume.kubernetes.io/selected-node: %s}}
        spec: {accessModes: [ReadWriteOnce], volumeMode: %s, resources: {requests: {storage: 1Gi}}}
        """
        .formatted(name, World.NODE, mode);
  }

  @Test
  void limitThatRefusesTheImportIsSaidAndLiftedItGoesOn() {
    scene.apply(
        """
        apiVersion: v1
        kind: LimitRange
        metadata: {name: small-pods}
        spec: {limits: [{type: Container, max: {memory: 256Mi}}]}
        """);
    scene.image("v1");
    eventually(
        "the image says who refuses it",
        () ->
            scene.imageMessage("Stalled").startsWith("Refused: v1: the API server refuses it:")
                && scene.imageMessage("Stalled").contains("maximum memory usage"),
        scene::dump);
    assertEquals("Refused", version("v1").orElseThrow().reason());
    client.limitRanges().inNamespace(scene.namespace()).withName("small-pods").delete();
    eventuallyPhase("v1", ImageVersionPhase.READY);
  }

  @Test
  void versionInUseOutlivesItsRemovalFromTheList() {
    scene.image("v1", "v2");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    scene.image("v2");
    eventuallyPhase("v1", ImageVersionPhase.RETIRING);
    String message = Objects.requireNonNull(version("v1").orElseThrow().message());
    assertTrue(message.contains("pool office, desktop office-0"), message);
    scene.pool(1, "v2", "");
    eventually("v1 is gone", () -> version("v1").isEmpty(), scene::dump);
    eventually(
        "its snapshot too",
        () -> left().stream().noneMatch(name -> name.startsWith("VolumeSnapshot/debian.v1")),
        scene::dump);
  }

  @Test
  void imageInUseIsNotDeleted() {
    scene.image("v1");
    scene.pool(1, "v1", "");
    scene.eventuallyReady(1);
    scene.deleteImage();
    eventually(
        "the image names its users",
        () -> scene.imageMessage("Stalled").contains("pool office, desktop office-0"),
        scene::dump);
    assertNotNull(scene.get(GoldenImage.class, "debian"));
    scene.deletePool();
    eventually("the image is gone", () -> scene.get(GoldenImage.class, "debian") == null);
    eventually("nothing is left", () -> scene.everything().isEmpty(), scene::dump);
  }

  private void eventuallyPhase(String version, ImageVersionPhase phase) {
    eventually(
        version + " is " + phase,
        () -> version(version).filter(v -> v.phase() == phase).isPresent(),
        scene::dump);
  }

  private Optional<ImageVersionStatus> version(String name) {
    GoldenImage image = scene.get(GoldenImage.class, "debian");
    if (image == null || image.getStatus() == null || image.getStatus().versions() == null) {
      return Optional.empty();
    }
    return image.getStatus().versions().stream().filter(v -> v.name().equals(name)).findFirst();
  }

  private boolean onlySnapshotsAreLeft() {
    assertFalse(left().stream().anyMatch(name -> name.startsWith("Desktop")));
    return left().stream().allMatch(name -> name.startsWith("VolumeSnapshot/"));
  }

  /** Everything but the image itself. */
  private List<String> left() {
    return scene.everything().stream().filter(name -> !name.startsWith("GoldenImage/")).toList();
  }
}
