package io.millrace.e2e;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.millrace.e2e.cluster.Cluster;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests the cluster, in a namespace that they share.
 *
 * <p>Backend {@code processes} (default): the cluster of {@code ./dev up}, in whose namespaces the
 * tests already run. Backend {@code k3s} (system property {@code millrace.backend}): a K3s
 * container, started once per run.
 */
final class OnCluster implements ParameterResolver {
  private static final String NAMESPACE = "e2e";

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Cluster.class;
  }

  @Override
  public Cluster resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.GLOBAL)
        .computeIfAbsent(Shared.class, key -> new Shared(), Shared.class)
        .cluster;
  }

  /** Started by the first test that asks, closed by JUnit after the last. */
  private static final class Shared implements AutoCloseable {
    private final Runnable endOfBackend;
    private final KubernetesClient client;
    private final Cluster cluster;

    Shared() {
      if (System.getProperty("millrace.backend", "processes").equals("k3s")) {
        K3sBackend k3s = K3sBackend.start();
        endOfBackend = k3s::close;
        client = k3s.client();
      } else {
        endOfBackend = () -> {};
        client = new KubernetesClientBuilder().build();
      }
      cluster = new Cluster(client, NAMESPACE);
    }

    @Override
    public void close() {
      client.close();
      endOfBackend.run();
    }
  }
}
