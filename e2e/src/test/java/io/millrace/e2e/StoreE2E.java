package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.millrace.api.v1alpha1.Store;
import io.millrace.api.v1alpha1.StoreSpec;
import io.millrace.api.v1alpha1.StoreStatus;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.States;
import io.millrace.e2e.cluster.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the cluster is shown of a node's store, and who may say it. */
@ExtendWith(OnCluster.class)
final class StoreE2E {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String SYSTEM = "millrace-system";
  private static final String CLAIM = "weighed";

  /** As no other test claims, so that the store's sum tells whether this volume is the only one. */
  private static final int CLAIM_MIB = 272;

  private static final long WRITTEN_BYTES = 64L << 20;

  @Test
  void theClusterSeesWhatTheEngineSees(Cluster cluster) {
    JsonNode info = storeInfo(cluster);
    Store store = awaitReady(cluster);
    assertEquals(info.get("uuid").asText(), store.getMetadata().getName());
    assertEquals(driver(cluster).getSpec().getNodeName(), store.getSpec().nodeName());
    assertEquals(info.get("capacity_bytes").asLong(), store.getStatus().capacityBytes());
    assertTrue(
        store.getStatus().writeAmplification() == null
            || store.getStatus().writeAmplification().matches("\\d+\\.\\d\\d"));
  }

  /** And an object that was deleted by hand comes back. */
  @Test
  void whatIsWrittenIsSeenInTheUsedBytes(Cluster cluster) {
    Store deleted = awaitReady(cluster);
    cluster.client().resources(Store.class).withName(name(deleted)).delete();
    cluster.apply(Given.claimYaml(CLAIM, "millrace", CLAIM_MIB + "Mi", ""));
    cluster.apply(Given.podYaml(CLAIM));
    try {
      Store before = awaitOnlyVolume(cluster);
      assertNotEquals(deleted.getMetadata().getUid(), before.getMetadata().getUid());
      write(cluster);
      long expected = bytes(before.getStatus().physicalBytes()) + WRITTEN_BYTES;
      Waiting.untilTrue(
          "the used bytes have grown by what was written",
          LIMIT,
          () -> physicalBytes(cluster) >= expected);
    } finally {
      removeClaimAndPod(cluster);
    }
  }

  @Test
  void theTokenOfANodesDriverSpeaksForThatNodeOnly(Cluster cluster) {
    Store store = awaitReady(cluster);
    String node = store.getSpec().nodeName();
    try (KubernetesClient driver = withTokenOfDriver(cluster)) {
      apply(driver, object(name(store), node));
      apply(driver, object("00000000-0000-4000-8000-000000000000", node));
      String said = refusal(driver, object("00000000-0000-4000-8000-000000000000", "elsewhere"));
      assertTrue(said.contains("may not write a Store of node 'elsewhere'"), said);
      assertThrows(
          KubernetesClientException.class,
          () -> driver.resources(Store.class).withName(name(store)).delete());
      assertThrows(
          KubernetesClientException.class,
          () -> driver.pods().inNamespace(cluster.namespace()).list());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "elsewhere, the driver of node 'elsewhere' may not write a Store of node",
    "'',        the token names no node"
  })
  void aTokenOfAnotherNodeOrOfNoneIsRefused(String tokenNode, String part, Cluster cluster) {
    Store store = awaitReady(cluster);
    try (KubernetesClient other = asDriverOf(cluster, tokenNode)) {
      String said = refusal(other, object(name(store), store.getSpec().nodeName()));
      assertTrue(said.contains(part), said);
      String saidOfStatus =
          said(
              assertThrows(
                  KubernetesClientException.class,
                  () -> applyStatus(other, object(name(store), store.getSpec().nodeName()))));
      assertTrue(saidOfStatus.contains(part), saidOfStatus);
    }
  }

  @Test
  void aStoreNeverChangesItsNode(Cluster cluster) {
    String said = refusal(cluster.client(), object(name(awaitReady(cluster)), "elsewhere"));
    assertTrue(said.contains("a store stays with its node"), said);
  }

  @Test
  void aKilledEngineIsSeenToGoAndToComeBack(Cluster cluster) throws Exception {
    Store store = awaitReady(cluster);
    List<Condition> seen = new CopyOnWriteArrayList<>();
    try (var watch =
        cluster.client().resources(Store.class).withName(name(store)).watch(conditionsInto(seen))) {
      Objects.requireNonNull(watch);
      assertEquals(1, Processes.kill(Processes.ENGINE));
      Waiting.untilTrue("not ready", LIMIT, () -> seen.stream().anyMatch(c -> !isTrue(c)));
      Waiting.untilTrue("ready again", LIMIT, () -> isTrue(seen.getLast()));
    }
    Condition gone = seen.stream().filter(c -> !isTrue(c)).findFirst().orElseThrow();
    assertTrue(List.of("Unavailable", "Recovering").contains(gone.getReason()), gone.toString());
    assertEquals("Serving", seen.getLast().getReason());
  }

  private static Watcher<Store> conditionsInto(List<Condition> seen) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, Store store) {
        ready(store.getStatus()).ifPresent(seen::add);
      }

      @Override
      public void onClose(WatcherException cause) {
        throw new IllegalStateException(cause);
      }
    };
  }

  private static Store awaitReady(Cluster cluster) {
    return Waiting.until(
        "the node's store is shown and ready",
        LIMIT,
        () ->
            cluster.client().resources(Store.class).list().getItems().stream()
                .filter(store -> ready(store.getStatus()).filter(StoreE2E::isTrue).isPresent())
                .findFirst());
  }

  /** The volumes of earlier tests are deleted some time after their claims. */
  private static Store awaitOnlyVolume(Cluster cluster) {
    return Waiting.until(
        "the store is shown with the claimed volume alone",
        LIMIT,
        () ->
            cluster.client().resources(Store.class).list().getItems().stream()
                .filter(store -> store.getStatus() != null)
                .filter(store -> bytes(store.getStatus().logicalBytes()) == (long) CLAIM_MIB << 20)
                .findFirst());
  }

  private static Optional<Condition> ready(@Nullable StoreStatus status) {
    return States.condition(status == null ? null : status.conditions(), "Ready");
  }

  private static boolean isTrue(Condition condition) {
    return condition.getStatus().equals("True");
  }

  private static long physicalBytes(Cluster cluster) {
    return cluster.client().resources(Store.class).list().getItems().stream()
        .map(Store::getStatus)
        .filter(Objects::nonNull)
        .mapToLong(status -> bytes(status.physicalBytes()))
        .sum();
  }

  private static long bytes(@Nullable Long value) {
    return value == null ? 0 : value;
  }

  private static String name(Store store) {
    return store.getMetadata().getName();
  }

  private static JsonNode storeInfo(Cluster cluster) {
    String json =
        InPod.run(
            cluster,
            SYSTEM,
            podOf(cluster, "millrace-engine").getMetadata().getName(),
            "/opt/millrace/bin/millrace",
            "store",
            "info",
            "-o",
            "json");
    return Serialization.unmarshal(json, JsonNode.class);
  }

  private static Pod driver(Cluster cluster) {
    return podOf(cluster, "millrace-csi-node");
  }

  private static Pod podOf(Cluster cluster, String app) {
    return cluster
        .client()
        .pods()
        .inNamespace(SYSTEM)
        .withLabel("app.kubernetes.io/name", app)
        .list()
        .getItems()
        .getFirst();
  }

  private static KubernetesClient withTokenOfDriver(Cluster cluster) {
    String token =
        InPod.run(
            cluster,
            SYSTEM,
            driver(cluster).getMetadata().getName(),
            "cat",
            "/var/run/secrets/kubernetes.io/serviceaccount/token");
    Config config = cluster.client().getConfiguration();
    return client(
        new ConfigBuilder(Config.empty())
            .withMasterUrl(config.getMasterUrl())
            .withCaCertData(config.getCaCertData())
            .withCaCertFile(config.getCaCertFile())
            .withOauthToken(token));
  }

  private static KubernetesClient asDriverOf(Cluster cluster, String node) {
    return client(
        new ConfigBuilder(cluster.client().getConfiguration())
            .withImpersonateUsername("system:serviceaccount:%s:millrace-csi-node".formatted(SYSTEM))
            .withImpersonateGroups("system:serviceaccounts", "system:authenticated")
            .withImpersonateExtras(
                // A slash may not stand in the name of a header.
                node.isEmpty()
                    ? Map.of()
                    : Map.of("authentication.kubernetes.io%2Fnode-name", List.of(node))));
  }

  private static KubernetesClient client(ConfigBuilder config) {
    return new KubernetesClientBuilder().withConfig(config.build()).build();
  }

  private static Store object(String name, String node) {
    Store store = new Store();
    store.getMetadata().setName(name);
    store.setSpec(new StoreSpec(node));
    return store;
  }

  /** In a dry run: through authorization, schema and policies, and no further. */
  private static void apply(KubernetesClient client, Store store) {
    client.resource(store).patch(dryRun());
  }

  private static void applyStatus(KubernetesClient client, Store store) {
    client.resource(store).subresource("status").patch(dryRun());
  }

  private static PatchContext dryRun() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager("somebody")
        .withForce(true)
        .withDryRun(List.of("All"))
        .build();
  }

  private static String refusal(KubernetesClient client, Store store) {
    return said(assertThrows(KubernetesClientException.class, () -> apply(client, store)));
  }

  private static String said(KubernetesClientException refusal) {
    return String.valueOf(refusal.getMessage());
  }

  private static void write(Cluster cluster) {
    InPod.shell(
        cluster,
        CLAIM,
        "dd if=/dev/urandom of=/v/noise bs=1M count=%d && sync".formatted(WRITTEN_BYTES >> 20));
  }

  private static void removeClaimAndPod(Cluster cluster) {
    var pods = cluster.pods();
    pods.withName(CLAIM).withGracePeriod(0).delete();
    cluster.volumeClaims().withName(CLAIM).delete();
    Waiting.untilTrue("no claim left", LIMIT, () -> cluster.leftObjects() == 0);
  }
}
