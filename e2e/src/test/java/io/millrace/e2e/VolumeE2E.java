package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Quantity;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.Waiting;
import java.time.Duration;
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
    var pods = cluster.pods();
    pods.withGracePeriod(0).delete();
    cluster
        .client()
        .genericKubernetesResources("snapshot.storage.k8s.io/v1", "VolumeSnapshot")
        .inNamespace(cluster.namespace())
        .withName("notes-snap")
        .delete();
    for (String claim : new String[] {"notes", "restored", "on-ext4", "on-xfs"}) {
      cluster.volumeClaims().withName(claim).delete();
    }
    Waiting.untilTrue("no claim left", LIMIT, () -> cluster.leftObjects() == 0);
  }

  @ParameterizedTest
  @Order(1)
  @CsvSource({"millrace, on-ext4, ext4", "millrace-xfs, on-xfs, xfs"})
  void aPodGetsAFileSystem(String storageClass, String claim, String type, Cluster cluster) {
    cluster.apply(Given.claimYaml(claim, storageClass, "512Mi", ""));
    cluster.apply(Given.podYaml(claim));
    assertEquals(type, InPod.shell(cluster, claim, "awk '$2==\"/v\"{print $3}' /proc/mounts"));
  }

  @Test
  @Order(2)
  void aSnapshotRestoredIntoALargerVolumeHoldsTheDataAndTheSize(Cluster cluster) {
    cluster.apply(Given.claimYaml("notes", "millrace", "64Mi", ""));
    cluster.apply(Given.podYaml("notes"));
    InPod.shell(cluster, "notes", "echo kept > /v/note; sync");
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
        Given.claimYaml(
            "restored",
            "millrace",
            "256Mi",
            "dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: notes-snap}"));
    cluster.apply(Given.podYaml("restored"));
    assertEquals("kept", InPod.shell(cluster, "restored", "cat /v/note"));
    long kib = Long.parseLong(InPod.shell(cluster, "restored", "df -k /v | awk 'END{print $2}'"));
    assertTrue(kib > 200 * 1024, "the file system has grown with the volume, but has KiB: " + kib);
  }

  /** On xfs: ext4 refuses to grow while mounted where a machine withholds CAP_SYS_RESOURCE. */
  @Test
  @Order(3)
  void aMountedVolumeGrowsOnline(Cluster cluster) {
    InPod.shell(cluster, "on-xfs", "echo kept > /v/note; sync");
    cluster
        .volumeClaims()
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
            Long.parseLong(InPod.shell(cluster, "on-xfs", "df -k /v | awk 'END{print $2}'"))
                > 900 * 1024);
    assertEquals("kept", InPod.shell(cluster, "on-xfs", "cat /v/note"));
  }
}
