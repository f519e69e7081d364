package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The operator and the CSI driver are killed at random while desktops are made, claimed and reset.
 */
@ExtendWith(OnCluster.class)
final class CrashE2E {
  private static final String POOL = "stormy";
  private static final List<String> VICTIMS = List.of(Processes.OPERATOR, Processes.CSI_DRIVER);

  @BeforeAll
  static void image(Cluster cluster) throws Exception {
    Given.image(cluster);
  }

  @AfterAll
  static void end(Cluster cluster) {
    cluster.release("caught");
    Given.noPool(cluster, POOL);
  }

  @Test
  void killsOfOperatorAndDriverAreSurvived(Cluster cluster) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    AtomicBoolean calm = new AtomicBoolean();
    Map<String, Integer> kills = new ConcurrentHashMap<>();
    AtomicReference<Throwable> ended = new AtomicReference<>();
    Thread storm = Thread.ofPlatform().unstarted(() -> storm(new Random(seed), calm, kills));
    storm.setUncaughtExceptionHandler((_, cause) -> ended.set(cause));
    storm.start();
    try {
      Given.pool(cluster, POOL, 2, "v1");
      cluster.awaitDesktops(POOL, 2, "ready", States::isReady, Given.BOOT_LIMIT);
      cluster.claim("caught", POOL, "ann");
      int clone = States.cloneNumber(cluster.awaitBound("caught", Given.BOOT_LIMIT));
      assertEquals(1, clone);
      cluster.release("caught");
      Waiting.untilTrue(
          "each killed twice while the desktop is reset and after",
          Duration.ofMinutes(2),
          () -> VICTIMS.stream().allMatch(victim -> kills.getOrDefault(victim, 0) >= 2));
    } finally {
      calm.set(true);
      storm.join();
    }
    System.out.println("killed " + kills);
    assertNull(ended.get());
    cluster.awaitDesktops(
        POOL,
        2,
        "ready and unclaimed",
        desktop -> States.isReady(desktop) && desktop.getSpec().claimRef() == null,
        Given.BOOT_LIMIT);
    long claims =
        cluster.volumeClaims().list().getItems().stream()
            .filter(claim -> claim.getMetadata().getName().startsWith(POOL))
            .count();
    assertEquals(2, claims, "one root disk per desktop, none left over");
  }

  /** kill -9, every 1.5 to 5.5 seconds, of one of the two. */
  private static void storm(Random random, AtomicBoolean calm, Map<String, Integer> kills) {
    while (!calm.get()) {
      try {
        Thread.sleep(1_500 + random.nextInt(4_000));
        String victim = VICTIMS.get(random.nextInt(VICTIMS.size()));
        kills.merge(victim, Processes.kill(victim), Integer::sum);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
