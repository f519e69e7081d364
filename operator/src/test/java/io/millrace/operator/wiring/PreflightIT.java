package io.millrace.operator.wiring;

import static io.millrace.operator.harness.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.millrace.operator.harness.ApiServer;
import io.millrace.operator.harness.Scene;
import io.millrace.operator.harness.World;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A cluster in which KubeVirt and the snapshot CRDs are installed after the operator. */
final class PreflightIT {
  private static final Path FOREIGN = Path.of("src", "test", "resources", "foreign");

  @Test
  void operatorSaysWhatIsMissingAndGoesOnWhenItComes() {
    try (ApiServer server = ApiServer.start();
        KubernetesClient client = server.client();
        KubernetesClient operatorClient = server.operatorClient();
        RunningOperator operator = RunningOperator.start(operatorClient)) {
      Scene scene = new Scene(client);
      scene.image("v1");
      scene.pool(1, "v1", "");
      eventually(
          "the image names the snapshot CRDs",
          () ->
              scene
                  .imageMessage("Stalled")
                  .startsWith("PrerequisiteMissing: the cluster does not serve snapshot.storage"));
      eventually(
          "the pool names KubeVirt",
          () ->
              scene
                  .poolMessage("Stalled")
                  .startsWith("PrerequisiteMissing: the cluster does not serve kubevirt.io/v1"));
      assertTrue(operator.isHealthy());
      server.apply(FOREIGN);
      try (World world = new World(client)) {
        scene.eventuallyReady(1);
        assertTrue(operator.isHealthy());
        assertTrue(world.violations().isEmpty());
      }
    }
  }
}
