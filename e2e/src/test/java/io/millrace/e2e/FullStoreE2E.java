package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.EngineClient;
import io.millrace.e2e.cluster.Waiting;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A store that is full says so to writers and to claims, and goes on when there is room again. */
@ExtendWith(OnCluster.class)
final class FullStoreE2E {
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Pattern NEEDED_AND_FREE =
      Pattern.compile("needs (\\d+) bytes free, (\\d+) bytes are");

  @AfterAll
  static void end(Cluster cluster) {
    cluster.pods().withGracePeriod(0).delete();
    cluster.volumeClaims().delete();
    Waiting.untilTrue("no claim left", LIMIT, () -> cluster.leftObjects() == 0);
  }

  @Test
  void writersGetNoSpaceClaimsStayPendingWithTheBytesAndBindWhenThereIsRoom(Cluster cluster) {
    try (EngineClient engine = EngineClient.onThisNode()) {
      fill(cluster);
      assertTrue(engine.store().getFreeBytes() < 64 << 20, engine.store().toString());

      cluster.apply(claimYaml("late", "1Gi", node(cluster)));
      String event = Waiting.until("an event with the bytes", LIMIT, () -> refusal(cluster));
      Matcher bytes = NEEDED_AND_FREE.matcher(event);
      assertTrue(bytes.find(), event);
      assertEquals(64L << 20, Long.parseLong(bytes.group(1)), event);
      assertTrue(Long.parseLong(bytes.group(2)) < 64L << 20, event);
      assertEquals("Pending", phase(cluster, "late"));

      cluster.pods().withName("filler").delete();
      cluster.volumeClaims().withName("filler").delete();
      Waiting.untilTrue("room again", LIMIT, () -> engine.store().getFreeBytes() > 1L << 30);
      Waiting.untilTrue("claim bound", LIMIT, () -> boundAtLast(cluster));
    }
  }

  /** Writes until the device says that there is no space. */
  private static void fill(Cluster cluster) {
    cluster.apply(claimYaml("filler", "64Gi", ""));
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: filler}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 0
          containers:
          - name: c
            image: localhost/millrace-e2e/busybox:1
            command: [sh, -c, "yes full | dd of=/dev/volume bs=1M iflag=fullblock oflag=direct 2>/dev/termination-log; true"]
            volumeDevices: [{name: v, devicePath: /dev/volume}]
          volumes: [{name: v, persistentVolumeClaim: {claimName: filler}}]
        """);
    Pod done =
        Waiting.until(
            "the filler's end",
            LIMIT,
            () ->
                Optional.of(cluster.pods().withName("filler").require())
                    .filter(pod -> "Succeeded".equals(pod.getStatus().getPhase())));
    String said =
        done.getStatus().getContainerStatuses().getFirst().getState().getTerminated().getMessage();
    assertTrue(String.valueOf(said).contains("No space left on device"), said);
  }

  /** The provisioner takes the node off a claim that it refuses; the operator names it again. */
  private static boolean boundAtLast(Cluster cluster) {
    if (phase(cluster, "late").equals("Bound")) {
      return true;
    }
    cluster.apply(claimYaml("late", "1Gi", node(cluster)));
    return false;
  }

  /** What the provisioner says on the claim. */
  private static Optional<String> refusal(Cluster cluster) {
    return cluster
        .client()
        .v1()
        .events()
        .inNamespace(cluster.namespace())
        .list()
        .getItems()
        .stream()
        .filter(event -> "PersistentVolumeClaim".equals(event.getInvolvedObject().getKind()))
        .filter(event -> "late".equals(event.getInvolvedObject().getName()))
        .map(event -> String.valueOf(event.getMessage()))
        .filter(message -> message.contains("is full"))
        .findFirst();
  }

  private static String phase(Cluster cluster, String claim) {
    PersistentVolumeClaim found = cluster.volumeClaims().withName(claim).require();
    return found.getStatus().getPhase();
  }

  private static String node(Cluster cluster) {
    return cluster.client().nodes().list().getItems().getFirst().getMetadata().getName();
  }

  /** Raw block; with a node, placed on it as the operator places the disks of desktops. */
  private static String claimYaml(String name, String size, String node) {
    return """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: %s
      annotations: {%s}
    spec:
      storageClassName: millrace
      accessModes: [ReadWriteOnce]
      volumeMode: Block
      resources: {requests: {storage: %s}}
    """
        .formatted(name, node.isEmpty() ? "" : "volume.kubernetes.io/selected-node: " + node, size);
  }
}
