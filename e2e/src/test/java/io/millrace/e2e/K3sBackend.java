package io.millrace.e2e;

import com.github.dockerjava.api.model.Bind;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * A K3s node in a container with KubeVirt and Millrace in it. Needs a Docker engine and root.
 *
 * <p>The archives of {@code e2e/images} are imported by K3s itself at its start; the image server's
 * address is put on the node's loopback; pods are reached over a route to the container; the
 * engine's socket lies in a shared folder.
 */
final class K3sBackend {
  private static final String IMAGE = "rancher/k3s:v1.34.1-k3s1";
  private static final String POD_NETWORK = "10.42.0.0/16";
  private static final String IMAGE_SERVER =
      "ip addr add 10.99.0.1/32 dev lo && busybox httpd -p 10.99.0.1:8080 -h /www";

  private final K3sContainer container;

  private K3sBackend(K3sContainer container) {
    this.container = container;
  }

  static K3sBackend start() {
    K3sContainer container =
        new K3sContainer(DockerImageName.parse(IMAGE)).withPrivilegedMode(true);
    for (String archive : System.getProperty("millrace.archives", "").split(",", -1)) {
      String name = Path.of(archive).getFileName().toString();
      container.withCopyFileToContainer(
          MountableFile.forHostPath(archive), "/var/lib/rancher/k3s/agent/images/" + name);
    }
    String guests = System.getProperty("millrace.guests", "target/www");
    container.withCreateContainerCmdModifier(
        command ->
            Objects.requireNonNull(command.getHostConfig())
                .withBinds(
                    Bind.parse("/dev:/dev"),
                    Bind.parse("/run/millrace:/run/millrace"),
                    Bind.parse(guests + ":/www:ro")));
    container.start();
    K3sBackend backend = new K3sBackend(container);
    try {
      backend.install();
    } catch (IOException e) {
      container.stop();
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      container.stop();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while K3s started", e);
    }
    return backend;
  }

  private void install() throws IOException, InterruptedException {
    container.execInContainer("mount", "--make-rshared", "/");
    container.execInContainer("sh", "-c", IMAGE_SERVER);
    String address =
        container
            .getContainerInfo()
            .getNetworkSettings()
            .getNetworks()
            .values()
            .iterator()
            .next()
            .getIpAddress();
    run("ip", "route", "replace", POD_NETWORK, "via", String.valueOf(address));
    Path kubeconfig = Files.createTempFile("k3s", ".conf");
    Files.writeString(kubeconfig, container.getKubeConfigYaml());
    try (KubernetesClient client = client();
        Stream<String> nodes =
            client.nodes().list().getItems().stream().map(node -> node.getMetadata().getName())) {
      String node = nodes.findFirst().orElseThrow();
      run("e2e/cluster/k3s-install.sh", kubeconfig.toString(), node);
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    int code = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IOException(List.of(command) + " ended with exit code " + code);
    }
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
