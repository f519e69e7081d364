package io.millrace.csi.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Condition;
import io.millrace.api.v1alpha1.StoreStatus;
import io.millrace.csi.proto.VolumeCapability.AccessMode.Mode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What the driver tells the cluster about its node's store, as two real processes. Almost all of it
 * is waiting for what comes every so often, so they wait at the same time.
 */
@Execution(ExecutionMode.CONCURRENT)
class StorePublisherIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void theClusterSeesTheStoreAsItsEngineDoes() throws Exception {
    try (var cluster = new FakeApiServer();
        Node node = Node.start("1GiB", cluster)) {
      String uuid = node.engine().store().getUuid();
      await("the store is published", () -> reason(cluster, uuid).equals("Serving"));
      var engine = node.engine().store();
      assertEquals(engine.getCapacityBytes(), status(cluster, uuid).capacityBytes());
      assertEquals(engine.getFreeBytes(), status(cluster, uuid).freeBytes());

      var client = new Client(node);
      var use = Client.mounted("ext4", Mode.SINGLE_NODE_WRITER);
      cluster.delete(uuid);
      var volume = client.create("one", 64 * Client.MIB, use);
      await(
          "a deleted object is back, with the new volume",
          () -> cluster.status(uuid).filter(s -> Long.valueOf(1).equals(s.volumes())).isPresent());
      client.delete(volume);

      node.engine().hang(true);
      await("a hang is seen", () -> reason(cluster, uuid).equals("Unavailable"));
      node.engine().hang(false);
      await("so is its end", () -> reason(cluster, uuid).equals("Serving"));
    }
  }

  @Test
  void anApiServerThatIsAwayHurtsNobodyAndIsLoggedOnce() throws Exception {
    try (var cluster = new FakeApiServer()) {
      cluster.refuse(true);
      try (Node node = Node.start("1GiB", cluster)) {
        await("it is tried again", () -> cluster.requests() >= 2);
        new Client(node).create("one", 64 * Client.MIB, Client.block(Mode.SINGLE_NODE_WRITER));
        cluster.refuse(false);
        String uuid = node.engine().store().getUuid();
        await("the store is published", () -> reason(cluster, uuid).equals("Serving"));
        await("its end is logged", () -> log(node).contains("the trouble is over"));
        assertEquals(2, log(node).split("can't publish", -1).length, log(node));
      }
    }
  }

  /** An idle store is reported at its first sight, and renewed only after a minute. */
  @Test
  void anIdleStoreIsWrittenOnce() throws Exception {
    try (var cluster = new FakeApiServer();
        Node node = Node.start("1GiB", cluster)) {
      String uuid = node.engine().store().getUuid();
      await("the store is published", () -> reason(cluster, uuid).equals("Serving"));
      int writes = cluster.statusWrites();
      TimeUnit.SECONDS.sleep(40);
      assertEquals(writes, cluster.statusWrites());
    }
  }

  private static String log(Node node) {
    try {
      return Files.readString(node.log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static StoreStatus status(FakeApiServer cluster, String uuid) {
    return cluster.status(uuid).orElseThrow();
  }

  private static String reason(FakeApiServer cluster, String uuid) {
    return cluster
        .status(uuid)
        .flatMap(status -> Optional.ofNullable(status.conditions()))
        .map(conditions -> conditions.getFirst())
        .map(Condition::getReason)
        .orElse("");
  }

  private static void await(String what, BooleanSupplier state) throws InterruptedException {
    Instant end = Instant.now().plus(LIMIT);
    while (!state.getAsBoolean()) {
      assertTrue(Instant.now().isBefore(end), "not within " + LIMIT + ": " + what);
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }
}
