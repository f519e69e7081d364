package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.Waiting;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Volumes for any pod, driven by the upstream sidecars: file systems, block, snapshot, growth. */
@ExtendWith(OnCluster.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class VolumeE2E {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @AfterAll
  static void end(Cluster cluster) {
    var pods = cluster.client().pods().inNamespace(cluster.namespace());
    pods.withGracePeriod(0).delete();
    cluster
        .client()
        .genericKubernetesResources("snapshot.storage.k8s.io/v1", "VolumeSnapshot")
        .inNamespace(cluster.namespace())
        .withName("notes-snap")
        .delete();
    for (String claim : new String[] {"notes", "restored", "on-ext4", "on-xfs"}) {
      cluster
          .client()
          .persistentVolumeClaims()
          .inNamespace(cluster.namespace())
          .withName(claim)
          .delete();
    }
    Waiting.untilTrue("no claim left", LIMIT, () -> cluster.leftObjects() == 0);
  }

  @ParameterizedTest
  @Order(1)
  @CsvSource({"millrace, on-ext4, ext4", "millrace-xfs, on-xfs, xfs"})
  void aPodGetsAFileSystem(String storageClass, String claim, String type, Cluster cluster) {
    cluster.apply(claimYaml(claim, storageClass, "512Mi", ""));
    cluster.apply(podYaml(claim));
    assertEquals(type, run(cluster, claim, "awk '$2==\"/v\"{print $3}' /proc/mounts"));
  }

  @Test
  @Order(2)
  void aSnapshotRestoredIntoALargerVolumeHoldsTheDataAndTheSize(Cluster cluster) {
    cluster.apply(claimYaml("notes", "millrace", "64Mi", ""));
    cluster.apply(podYaml("notes"));
    run(cluster, "notes", "echo kept > /v/note; sync");
    cluster.apply(
        """
        apiVersion: snapshot.storage.k8s.io/v1
        kind: VolumeSnapshot
        metadata: {name: notes-snap}
        spec:
          volumeSnapshotClassName: millrace
          source: {persistentVolumeClaimName: notes}
        """);
    cluster.apply(
        claimYaml(
            "restored",
            "millrace",
            "256Mi",
            "dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: notes-snap}"));
    cluster.apply(podYaml("restored"));
    assertEquals("kept", run(cluster, "restored", "cat /v/note"));
    long kib = Long.parseLong(run(cluster, "restored", "df -k /v | awk 'END{print $2}'"));
    assertTrue(kib > 200 * 1024, "the file system has grown with the volume, but has KiB: " + kib);
  }

  /** On xfs: ext4 refuses to grow while mounted where a machine withholds CAP_SYS_RESOURCE. */
  @Test
  @Order(3)
  void aMountedVolumeGrowsOnline(Cluster cluster) {
    run(cluster, "on-xfs", "echo kept > /v/note; sync");
    cluster
        .client()
        .persistentVolumeClaims()
        .inNamespace(cluster.namespace())
        .withName("on-xfs")
        .edit(
            claim -> {
              claim.getSpec().getResources().getRequests().put("storage", new Quantity("1Gi"));
              return claim;
            });
    Waiting.untilTrue(
        "the file system seen by the pod has grown",
        LIMIT,
        () ->
            Long.parseLong(run(cluster, "on-xfs", "df -k /v | awk 'END{print $2}'")) > 900 * 1024);
    assertEquals("kept", run(cluster, "on-xfs", "cat /v/note"));
  }

  private static String claimYaml(String name, String storageClass, String size, String source) {
    return """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: %s}
    spec:
      storageClassName: %s
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: %s}}
      %s
    """
        .formatted(name, storageClass, size, source);
  }

  private static String podYaml(String claim) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %1$s}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: c
        image: localhost/millrace-e2e/busybox:1
        command: [sleep, "3600"]
        volumeMounts: [{name: v, mountPath: /v}]
      volumes: [{name: v, persistentVolumeClaim: {claimName: %1$s}}]
    """
        .formatted(claim);
  }

  /** Runs a shell line in a pod, waiting for the pod first; gives what it printed. */
  private static String run(Cluster cluster, String pod, String line) {
    Waiting.until("pod " + pod + " running", LIMIT, () -> running(cluster, pod));
    return InPod.run(cluster, cluster.namespace(), pod, "sh", "-c", line);
  }

  private static Optional<Pod> running(Cluster cluster, String pod) {
    return Optional.ofNullable(
            cluster.client().pods().inNamespace(cluster.namespace()).withName(pod).get())
        .filter(found -> "Running".equals(found.getStatus().getPhase()));
  }
}
