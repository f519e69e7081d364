package io.millrace.e2e;

import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.SampleImage;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import java.io.IOException;
import java.time.Duration;

/** What the tests begin with. */
final class Given {
  static final Duration BOOT_LIMIT = Duration.ofMinutes(6);
  private static final Duration IMPORT_LIMIT = Duration.ofMinutes(4);

  private Given() {}

  /** The golden image {@code debian} with versions v1 (raw) and v2 (qcow2), imported. */
  static void image(Cluster cluster) throws IOException, InterruptedException {
    cluster.apply(
        """
        apiVersion: millrace.io/v1alpha1
        kind: GoldenImage
        metadata: {name: debian}
        spec:
          storageClassName: millrace
          versions:
          - name: v1
            size: 2Gi
            source: {http: {url: "%s", sha256: "%s", format: raw}}
          - name: v2
            size: 2Gi
            source: {http: {url: "%s", sha256: "%s", format: qcow2}}
        """
            .formatted(
                SampleImage.url("debian-v1.raw"),
                SampleImage.sha256("debian-v1.raw"),
                SampleImage.url("debian-v2.qcow2"),
                SampleImage.sha256("debian-v2.qcow2")));
    Waiting.untilTrue(
        "golden image debian ready",
        IMPORT_LIMIT,
        () -> States.isTrue(cluster.image("debian"), "Ready"));
  }

  /** Applies a pool of small desktops. */
  static void pool(Cluster cluster, String name, int replicas, String version) {
    cluster.apply(poolYaml(name, replicas, version));
  }

  static String poolYaml(String name, int replicas, String version) {
    return """
    apiVersion: millrace.io/v1alpha1
    kind: DesktopPool
    metadata: {name: %s}
    spec:
      replicas: %d
      image: {name: debian, version: %s}
      template:
        spec:
          domain:
            cpu: {cores: 1}
            memory: {guest: 384Mi}
    """
        .formatted(name, replicas, version);
  }

  /**
   * A claim of one volume.
   *
   * @param more lines of its spec, in YAML; may be empty
   */
  static String claimYaml(String name, String storageClass, String size, String more) {
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
        .formatted(name, storageClass, size, more);
  }

  /** A pod that sleeps, named as the claim whose volume it has at {@code /v}. */
  static String podYaml(String claim) {
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

  /** Deletes a pool and waits until none of its desktops, machines and claims is left. */
  static void noPool(Cluster cluster, String name) {
    cluster
        .client()
        .resources(io.millrace.api.v1alpha1.DesktopPool.class)
        .inNamespace(cluster.namespace())
        .withName(name)
        .delete();
    Waiting.untilTrue(
        "nothing left of pool " + name,
        Duration.ofMinutes(3),
        () -> cluster.desktops(name).isEmpty() && cluster.leftObjects() == 0);
  }
}
