package io.millrace.operator.wiring;

import static io.millrace.operator.harness.Eventually.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.operator.harness.ApiServer;
import io.millrace.operator.harness.Scene;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** All of Millrace is deleted at once, and the operator goes first. */
final class UninstallIT {
  private static final String IMAGES = "goldenimages.millrace.io";

  @Test
  void imageThatNobodyUsesDoesNotHoldUpTheEndOfItsKind() {
    try (ApiServer server = ApiServer.start();
        KubernetesClient client = server.client()) {
      server.apply(Path.of("src", "test", "resources", "foreign"));
      Scene scene = new Scene(client);
      liveAndGo(server, scene);
      assertEquals(List.of(), finalizers(scene));
      client.apiextensions().v1().customResourceDefinitions().withName(IMAGES).delete();
      eventually(
          "the kind is gone",
          () ->
              client.apiextensions().v1().customResourceDefinitions().withName(IMAGES).get()
                  == null);
    }
  }

  /** The operator runs for as long as there is a pool. */
  private static void liveAndGo(ApiServer server, Scene scene) {
    try (LiveOperator _ = LiveOperator.on(server)) {
      scene.image("v1");
      scene.pool(1, "v1", "");
      scene.eventuallyReady(1);
      eventually("the image is held", () -> finalizers(scene).size() == 1, scene::dump);
      scene.deletePool();
      eventually("the image is let go", () -> finalizers(scene).isEmpty(), scene::dump);
    }
  }

  private static List<String> finalizers(Scene scene) {
    return Objects.requireNonNull(scene.get(GoldenImage.class, "debian"))
        .getMetadata()
        .getFinalizers();
  }
}
