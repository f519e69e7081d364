package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.SampleImage;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong is refused, or said in a condition, and leaves nothing half-made. */
@ExtendWith(OnCluster.class)
final class BadInputE2E {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  /** What another try can't mend; the others keep their disk for it. */
  private static final Set<String> NEVER_TRIED_AGAIN = Set.of("FormatMismatch", "TooLarge");

  @Test
  void apiServerRefusesAnImageVersionWithoutADigest(Cluster cluster) {
    KubernetesClientException refusal =
        assertThrows(
            KubernetesClientException.class,
            () -> cluster.apply(image("no-digest", "debian-v1.raw", "", "raw", "2Gi")));
    assertTrue(String.valueOf(refusal.getMessage()).contains("sha256"), refusal.getMessage());
  }

  @Test
  void apiServerRefusesANegativeNumberOfDesktops(Cluster cluster) {
    KubernetesClientException refusal =
        assertThrows(
            KubernetesClientException.class,
            () -> cluster.apply(Given.poolYaml("negative", -1, "v1")));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("spec.replicas"), refusal.getMessage());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "DigestMismatch, debian-v1.raw, raw, 2Gi, ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "Unreachable, no-such-file.raw, raw, 2Gi, ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "FormatMismatch, debian-v1.raw, qcow2, 2Gi, ''",
    "TooLarge, debian-v1.raw, raw, 64Mi, ''",
  })
  void anImageThatIsNotWhatItSaysIsReportedAndNotTaken(
      String reason, String file, String format, String size, String digest, Cluster cluster)
      throws Exception {
    String name = "bad-" + reason.toLowerCase(java.util.Locale.ROOT);
    String sha256 = digest.isEmpty() ? SampleImage.sha256(file) : digest;
    cluster.apply(image(name, file, sha256, format, size));
    try {
      ImageVersionStatus failed = awaitFailure(cluster, name);
      assertEquals(reason, failed.reason(), failed.toString());
      assertTrue(failed.message() != null && !failed.message().isBlank());
      assertEquals(0, snapshots(cluster, name), "nothing that is wrong can be cloned");
      if (NEVER_TRIED_AGAIN.contains(reason)) {
        Waiting.untilTrue(
            "pod and disk of the failed import gone while its image stays",
            LIMIT,
            () -> leftOf(cluster, name).isEmpty());
      }
    } finally {
      remove(cluster, name);
    }
    Waiting.untilTrue("nothing left of " + name, LIMIT, () -> leftOf(cluster, name).isEmpty());
  }

  /** Pods and volume claims whose name begins with the image's. */
  private static List<String> leftOf(Cluster cluster, String image) {
    var pods = cluster.pods().list().getItems();
    var disks = cluster.volumeClaims().list().getItems();
    return Stream.<HasMetadata>concat(pods.stream(), disks.stream())
        .map(object -> object.getKind() + " " + object.getMetadata().getName())
        .filter(found -> found.contains(" " + image))
        .toList();
  }

  private static long snapshots(Cluster cluster, String image) {
    return cluster
        .client()
        .genericKubernetesResources("snapshot.storage.k8s.io/v1", "VolumeSnapshot")
        .inNamespace(cluster.namespace())
        .list()
        .getItems()
        .stream()
        .filter(snapshot -> snapshot.getMetadata().getName().startsWith(image))
        .count();
  }

  private static ImageVersionStatus awaitFailure(Cluster cluster, String name) {
    return Waiting.until(
        "image " + name + " failed",
        LIMIT,
        () ->
            States.versions(cluster.image(name)).stream()
                .findFirst()
                .filter(version -> version.failures() != null && version.failures() > 0));
  }

  private static void remove(Cluster cluster, String name) {
    cluster
        .client()
        .resources(GoldenImage.class)
        .inNamespace(cluster.namespace())
        .withName(name)
        .delete();
  }

  private static String image(String name, String file, String sha256, String format, String size) {
    return """
    apiVersion: millrace.io/v1alpha1
    kind: GoldenImage
    metadata: {name: %s}
    spec:
      storageClassName: millrace
      versions:
      - name: v1
        size: %s
        source: {http: {url: "%s", sha256: "%s", format: %s}}
    """
        .formatted(name, size, SampleImage.url(file), sha256, format);
  }
}
