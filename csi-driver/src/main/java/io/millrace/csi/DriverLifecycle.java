package io.millrace.csi;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.grpc.CsiServer;
import io.millrace.csi.registration.KubeletRegistrar;
import io.millrace.csi.store.StorePublisher;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops what this process consists of: one event loop, the connection to the engine, the
 * CSI server, the registration with the kubelet, the reports to the API server.
 *
 * <p>Start and stop come from Quarkus's main thread; {@link #isServing} from any.
 */
@ApplicationScoped
class DriverLifecycle {
  private static final Logger log = Logger.getLogger(DriverLifecycle.class);

  /** Kubernetes sets it in every container. */
  private static final String IN_CLUSTER = "KUBERNETES_SERVICE_HOST";

  private final CsiConfig config;
  private final String version;
  private final EventLoopGroup eventLoops = new NioEventLoopGroup(1);
  private volatile @Nullable CsiServer server;
  private @Nullable KubeletRegistrar registrar;
  private @Nullable StorePublisher publisher;

  DriverLifecycle(
      CsiConfig config, @ConfigProperty(name = "quarkus.application.version") String version) {
    this.config = config;
    this.version = version;
  }

  @Produces
  @Singleton
  EngineClient engine() {
    return EngineClient.connect(config.engineSocket(), eventLoops);
  }

  void start(@Observes StartupEvent event, EngineClient engine, Instance<KubernetesClient> cluster)
      throws IOException {
    CsiServer started = CsiServer.start(config.endpointSocket(), eventLoops, engine, role());
    server = started;
    if (config.servesNode() && config.registrar() == CsiConfig.Registrar.SELF) {
      registrar =
          KubeletRegistrar.start(
              CsiServer.DRIVER_NAME,
              config.kubeletDir(),
              config.endpointSocket(),
              eventLoops,
              () -> engine.trouble().isEmpty());
    }
    if (publishesStore()) {
      publisher = StorePublisher.start(config.nodeId().orElseThrow(), engine, cluster::get);
    }
    log.infof(
        "%s %s serves %s on %s; engine at %s",
        CsiServer.DRIVER_NAME, version, config.mode(), config.endpoint(), config.engine());
  }

  void stop(@Observes ShutdownEvent event, EngineClient engine) {
    Optional.ofNullable(publisher).ifPresent(StorePublisher::close);
    Optional.ofNullable(registrar).ifPresent(KubeletRegistrar::close);
    Optional.ofNullable(server).ifPresent(CsiServer::close);
    engine.close();
    var _ = eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  boolean isServing() {
    CsiServer started = server;
    return started != null && started.isServing();
  }

  private boolean publishesStore() {
    boolean wanted = config.servesNode() && config.publishStore();
    boolean inCluster = System.getenv(IN_CLUSTER) != null;
    if (wanted && !inCluster) {
      log.infof("not in a cluster (%s is not set): no Store object is published", IN_CLUSTER);
    }
    return wanted && inCluster;
  }

  private CsiServer.Role role() {
    if (config.servesNode() && config.nodeId().isEmpty()) {
      throw new IllegalArgumentException(
          "--node-id is missing: it is needed for --mode " + config.mode());
    }
    return new CsiServer.Role(
        config.servesController(), config.servesNode(), config.nodeId().orElse(""), version);
  }
}
