package io.millrace.e2e;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.util.List;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/** A K3s node in a container, with Millrace's images and manifests. Needs a Docker engine. */
final class K3sBackend {
  private static final String IMAGE = "rancher/k3s:v1.34.1-k3s1";
  private static final List<String> OURS = List.of("engine", "csi-driver", "operator", "importer");

  private final K3sContainer container;

  private K3sBackend(K3sContainer container) {
    this.container = container;
  }

  /**
   * Archives in K3s's images folder are imported, manifests in its folder applied, when it starts.
   */
  static K3sBackend start() {
    K3sContainer container =
        new K3sContainer(DockerImageName.parse(IMAGE)).withPrivilegedMode(true);
    for (String name : OURS) {
      container.withCopyFileToContainer(
          MountableFile.forHostPath(Path.of("target/images", name + ".tar")),
          "/var/lib/rancher/k3s/agent/images/" + name + ".tar");
    }
    container.start();
    return new K3sBackend(container);
  }

  KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(container.getKubeConfigYaml()))
        .build();
  }

  void close() {
    container.stop();
  }
}
