package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.e2e.cluster.CloneCost;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.EngineClient;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import io.millrace.e2e.demo.Identities;
import io.millrace.e2e.guest.GuestStatus;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A pool's life: applied, applied again, scaled, deleted. The methods follow one pool. */
@ExtendWith(OnCluster.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class DesktopPoolE2E {
  private static final String POOL = "life";

  @BeforeAll
  static void image(Cluster cluster) throws Exception {
    Given.image(cluster);
  }

  @AfterAll
  static void end(Cluster cluster) {
    Given.noPool(cluster, POOL);
  }

  @Test
  @Order(1)
  void desktopsBootFromClonesThatCopyNothingAndAreMachinesOfTheirOwn(Cluster cluster)
      throws Exception {
    try (EngineClient engine = EngineClient.onThisNode()) {
      Stats statsBefore = engine.stats();
      Store storeBefore = engine.store();
      Given.pool(cluster, POOL, 2, "v1");
      List<GuestStatus> guests = new ArrayList<>();
      for (Desktop desktop :
          cluster.awaitDesktops(POOL, 2, "ready", States::isReady, Given.BOOT_LIMIT)) {
        guests.add(Cluster.awaitLogin(desktop, Given.BOOT_LIMIT));
        assertEquals(desktop.getMetadata().getName(), guests.getLast().hostname());
      }
      assertTrue(Identities.differ(guests), guests.toString());
      CloneCost cost = CloneCost.between(statsBefore, storeBefore, engine.stats(), engine.store());
      assertTrue(cost.clones() >= 2, cost.toString());
      assertEquals(0, cost.copiedBytes(), cost.toString());
      assertTrue(LoopDevices.ofStore(storeBefore.getUuid()) >= 2, "each desktop has its device");
    }
  }

  @Test
  @Order(3)
  void scaleUpAndDownThroughTheScaleSubresource(Cluster cluster) {
    scale(cluster, 3);
    cluster.awaitDesktops(POOL, 3, "ready", States::isReady, Given.BOOT_LIMIT);
    scale(cluster, 1);
    List<Desktop> left = cluster.awaitDesktops(POOL, 1, "ready", States::isReady, Given.BOOT_LIMIT);
    assertEquals(0, left.getFirst().getSpec().slot());
  }

  @Test
  @Order(4)
  void anotherManagerThatOwnsReplicasIsNotFought(Cluster cluster) throws Exception {
    // What an autoscaler and a GitOps tool do side by side: the one scales, the other applies
    // without replicas.
    cluster.apply(Given.poolYaml(POOL, 1, "v1").replaceFirst("(?m)^  replicas: .*\\n", ""));
    scale(cluster, 2);
    cluster.apply(Given.poolYaml(POOL, 1, "v1").replaceFirst("(?m)^  replicas: .*\\n", ""));
    Thread.sleep(3_000);
    assertEquals(2, cluster.pool(POOL).getSpec().replicas());
  }

  @Test
  @Order(5)
  void deletingThePoolLeavesNoMachineNoClaimNoVolumeNoLoopDevice(Cluster cluster) {
    Given.noPool(cluster, POOL);
    try (EngineClient engine = EngineClient.onThisNode()) {
      Waiting.untilTrue(
          "no volume in the engine",
          java.time.Duration.ofMinutes(2),
          () -> engine.volumes().isEmpty());
      String store = engine.store().getUuid();
      Waiting.untilTrue(
          "no loop device of a volume",
          java.time.Duration.ofSeconds(30),
          () -> LoopDevices.ofStore(store) == 0);
    }
  }

  private static void scale(Cluster cluster, int replicas) {
    cluster
        .client()
        .resources(DesktopPool.class)
        .inNamespace(cluster.namespace())
        .withName(POOL)
        .scale(replicas);
  }
}
