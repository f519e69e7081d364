package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.SampleImage;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong is refused, or said in a condition, and leaves nothing half-made. */
@ExtendWith(OnCluster.class)
final class BadInputE2E {
  private static final Duration LIMIT = Duration.ofMinutes(3);

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
    } finally {
      remove(cluster, name);
    }
    Waiting.untilTrue(
        "no claim left of " + name,
        LIMIT,
        () ->
            cluster
                .client()
                .persistentVolumeClaims()
                .inNamespace(cluster.namespace())
                .list()
                .getItems()
                .stream()
                .noneMatch(claim -> claim.getMetadata().getName().startsWith(name)));
  }

  @Test
  void aVolumeThatTheStoreHasNoRoomForStaysPendingAndItsEventNamesTheBytes(Cluster cluster) {
    cluster.apply(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: too-large}
        spec:
          storageClassName: millrace
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: 900Ti}}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: too-large}
        spec:
          containers:
          - {name: c, image: "localhost/millrace-e2e/busybox:1", command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}
          volumes: [{name: v, persistentVolumeClaim: {claimName: too-large}}]
        """);
    try {
      String event =
          Waiting.until(
              "an event on the claim that names needed and free bytes",
              LIMIT,
              () -> eventOn(cluster, "too-large", "free"));
      assertTrue(event.matches("(?s).*\\d+.*free.*\\d+.*|.*\\d+.*"), event);
      assertEquals(
          "Pending",
          cluster
              .client()
              .persistentVolumeClaims()
              .inNamespace(cluster.namespace())
              .withName("too-large")
              .require()
              .getStatus()
              .getPhase());
    } finally {
      cluster.client().pods().inNamespace(cluster.namespace()).withName("too-large").delete();
      cluster
          .client()
          .persistentVolumeClaims()
          .inNamespace(cluster.namespace())
          .withName("too-large")
          .delete();
    }
  }

  private static Optional<String> eventOn(Cluster cluster, String claim, String word) {
    return cluster
        .client()
        .v1()
        .events()
        .inNamespace(cluster.namespace())
        .list()
        .getItems()
        .stream()
        .filter(event -> claim.equals(event.getInvolvedObject().getName()))
        .map(event -> String.valueOf(event.getMessage()))
        .filter(message -> message.contains(word))
        .findFirst();
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
