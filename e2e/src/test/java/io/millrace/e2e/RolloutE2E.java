package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.api.v1alpha1.Desktop;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A new image version reaches the desktops that nobody uses, and can be taken back. */
@ExtendWith(OnCluster.class)
final class RolloutE2E {
  private static final String POOL = "rollout";

  @BeforeAll
  static void onePool(Cluster cluster) throws Exception {
    Given.image(cluster);
    Given.pool(cluster, POOL, 2, "v1");
  }

  @AfterAll
  static void end(Cluster cluster) {
    cluster.release("busy");
    Given.noPool(cluster, POOL);
  }

  @Test
  void unusedDesktopsMoveAtOnceUsedOnesWhenReleasedAndBackAgain(Cluster cluster) {
    cluster.awaitDesktops(
        POOL, 2, "ready on v1", desktop -> States.isReadyOn(desktop, "v1"), Given.BOOT_LIMIT);
    cluster.claim("busy", POOL, "ann");
    String busy = cluster.awaitBound("busy", Given.BOOT_LIMIT).getMetadata().getName();

    Given.pool(cluster, POOL, 2, "v2");
    Desktop moved = awaitOther(cluster, busy, "v2");
    assertEquals("v2", Cluster.awaitLogin(moved, Given.BOOT_LIMIT).imageTag());
    assertEquals("v1", States.imageVersion(cluster.desktop(busy)));

    cluster.release("busy");
    cluster.awaitDesktops(
        POOL, 2, "ready on v2", desktop -> States.isReadyOn(desktop, "v2"), Given.BOOT_LIMIT);

    Given.pool(cluster, POOL, 2, "v1");
    cluster.awaitDesktops(
        POOL, 2, "back on v1", desktop -> States.isReadyOn(desktop, "v1"), Given.BOOT_LIMIT);
  }

  private static Desktop awaitOther(Cluster cluster, String busy, String version) {
    return Waiting.until(
        "the unclaimed desktop ready on " + version,
        Given.BOOT_LIMIT,
        () ->
            cluster.desktops(POOL).stream()
                .filter(desktop -> !desktop.getMetadata().getName().equals(busy))
                .filter(desktop -> States.isReadyOn(desktop, version))
                .findFirst());
  }
}
