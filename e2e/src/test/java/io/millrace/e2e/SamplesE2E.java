package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.SampleImage;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The samples as they are, digest apart, as a GitOps tool applies them: again and again. */
@ExtendWith(OnCluster.class)
final class SamplesE2E {
  private static final Path SAMPLES = Path.of("manifests/samples");
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Duration QUIET = Duration.ofSeconds(15);

  @AfterAll
  static void end(Cluster cluster) {
    cluster.release("ann");
    Given.noPool(cluster, "office");
  }

  @Test
  void samplesAppliedTwiceChangeNothing(Cluster cluster) throws Exception {
    String digest = SampleImage.sha256("debian-v1.raw");
    apply(cluster, digest);
    cluster.awaitBound("ann", Given.BOOT_LIMIT);
    cluster.awaitDesktops(
        "office",
        3,
        "with an address",
        desktop -> desktop.getStatus() != null && desktop.getStatus().ip() != null,
        Given.BOOT_LIMIT);
    Waiting.untilTrue("pool settled", LIMIT, () -> States.isTrue(cluster.pool("office"), "Ready"));
    Map<String, String> before = settled(cluster);
    assertTrue(before.size() >= 3 * 3 + 3, before.toString());

    apply(cluster, digest);
    Thread.sleep(QUIET);
    assertEquals(before, versions(cluster));
  }

  private static void apply(Cluster cluster, String digest) throws Exception {
    for (String sample : List.of("image.yaml", "pool.yaml", "claim.yaml")) {
      cluster.apply(SAMPLES.resolve(sample), yaml -> yaml.replace("0".repeat(64), digest));
    }
  }

  /** What is there when nothing has changed for a while. */
  private static Map<String, String> settled(Cluster cluster) throws InterruptedException {
    Map<String, String> seen = versions(cluster);
    for (int round = 0; round < 12; round++) {
      Thread.sleep(QUIET);
      Map<String, String> now = versions(cluster);
      if (now.equals(seen)) {
        return now;
      }
      seen = now;
    }
    throw new IllegalStateException("never quiet: " + seen);
  }

  private static Map<String, String> versions(Cluster cluster) {
    Map<String, String> versions = new TreeMap<>();
    for (Class<? extends HasMetadata> kind :
        List.of(DesktopPool.class, GoldenImage.class, DesktopClaim.class, Desktop.class)) {
      cluster
          .client()
          .resources(kind)
          .inNamespace(cluster.namespace())
          .list()
          .getItems()
          .forEach(object -> versions.put(name(object), version(object)));
    }
    cluster
        .volumeClaims()
        .list()
        .getItems()
        .forEach(claim -> versions.put(name(claim), version(claim)));
    // KubeVirt writes into their status now and then: what counts is what they should be.
    cluster
        .client()
        .genericKubernetesResources("kubevirt.io/v1", "VirtualMachine")
        .inNamespace(cluster.namespace())
        .list()
        .getItems()
        .forEach(
            machine ->
                versions.put(name(machine), "generation " + machine.getMetadata().getGeneration()));
    return versions;
  }

  private static String name(HasMetadata object) {
    return object.getKind() + " " + object.getMetadata().getName();
  }

  private static String version(HasMetadata object) {
    return object.getMetadata().getResourceVersion();
  }
}
