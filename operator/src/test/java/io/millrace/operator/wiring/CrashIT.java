package io.millrace.operator.wiring;

import static io.millrace.operator.harness.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.operator.harness.ApiServer;
import io.millrace.operator.harness.Crashes;
import io.millrace.operator.harness.Eventually;
import io.millrace.operator.harness.Scene;
import io.millrace.operator.harness.World;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The operator is killed after every nth write to the API server and started again, over and over,
 * through the whole life of a pool. With n = 1, there is a kill between any two writes.
 */
final class CrashIT {
  private static ApiServer server;

  /** A server of its own: what other tests leave would use up the writes of a life. */
  @BeforeAll
  static void start() {
    server = ApiServer.start();
    server.apply(Path.of("src", "test", "resources", "foreign"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest(name = "killed after every {0} writes")
  @ValueSource(ints = {1, 2, 3, 5})
  void killedOperatorConvergesWithNoDuplicateAndNoBrokenFence(int writes) {
    try (KubernetesClient client = server.client();
        World world = new World(client);
        Lives lives = new Lives(server, writes)) {
      Scene scene = new Scene(client);
      scene.pool(2, "v1", "");
      scene.image("v1", "v2");
      scene.eventuallyReady(2);
      // The disk of the import goes when the image has been made of it.
      eventually(
          "two disks are there",
          () -> scene.diskNames().equals(List.of("office-0-os-1", "office-1-os-1")),
          scene::dump);

      scene.claim("ann");
      String held = scene.eventuallyBound("ann");
      scene.release("ann");
      eventually(
          held + " is reset",
          () -> isOnClone(scene, held, 2) && Scene.holds(desktop(scene, held), "Available"),
          scene::dump);
      eventually("two disks are left", () -> scene.diskNames().size() == 2, scene::dump);

      scene.pool(2, "v2", "");
      eventually(
          "both are on v2",
          () ->
              scene.desktops().stream()
                  .allMatch(
                      d ->
                          "v2".equals(d.getStatus().imageVersion()) && Scene.holds(d, "Available")),
          scene::dump);
      eventually("two disks are left", () -> scene.diskNames().size() == 2, scene::dump);

      scene.deletePool();
      scene.deleteImage();
      eventually("nothing is left", () -> scene.everything().isEmpty(), scene::dump);
      assertEquals(List.of(), world.violations());
      assertTrue(lives.count() > 10 / writes, "only " + lives.count() + " lives");
    }
  }

  private static Desktop desktop(Scene scene, String name) {
    return Objects.requireNonNull(scene.desktop(name));
  }

  private static boolean isOnClone(Scene scene, String name, int number) {
    return Objects.equals(desktop(scene, name).getStatus().cloneNumber(), number);
  }

  /** One operator after the other, each until it has used up its writes. */
  private static final class Lives implements AutoCloseable {
    private final AtomicBoolean end = new AtomicBoolean();
    private final AtomicInteger count = new AtomicInteger();
    private final Thread thread;

    Lives(ApiServer server, int writes) {
      thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!end.get()) {
                      live(Crashes.after(writes, server));
                      count.incrementAndGet();
                    }
                  });
    }

    private void live(Crashes.Life life) {
      try (KubernetesClient client = life.client();
          RunningOperator _ = RunningOperator.start(client)) {
        while (!life.isOver() && !end.get()) {
          Eventually.pause();
        }
      }
    }

    int count() {
      return count.get();
    }

    @Override
    public void close() {
      end.set(true);
      while (thread.isAlive()) {
        Eventually.pause();
      }
    }
  }
}
