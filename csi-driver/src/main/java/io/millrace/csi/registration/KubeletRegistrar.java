package io.millrace.csi.registration;

import io.grpc.stub.StreamObserver;
import io.millrace.csi.grpc.UnixGrpcServer;
import io.millrace.csi.registration.proto.InfoRequest;
import io.millrace.csi.registration.proto.PluginInfo;
import io.millrace.csi.registration.proto.RegistrationGrpc;
import io.millrace.csi.registration.proto.RegistrationStatus;
import io.millrace.csi.registration.proto.RegistrationStatusResponse;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Registers the plugin with the kubelet: plugin registration API v1.
 *
 * <p>The kubelet watches its plugins_registry folder; a new socket there makes it ask {@code
 * GetInfo}, call NodeGetInfo on the CSI socket, and report what came of it. So the socket appears
 * only when the engine serves (the topology is the store's uuid), and appears anew after a failure
 * or when somebody removed it. A restarted kubelet finds the socket by itself.
 *
 * <p>One thread makes and closes sockets; gRPC threads only report the outcome.
 */
public final class KubeletRegistrar implements AutoCloseable {
  private static final Logger log = Logger.getLogger(KubeletRegistrar.class);
  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(2);

  private final Path socket;
  private final PluginInfo info;
  private final EventLoopGroup eventLoops;
  private final BooleanSupplier ready;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("registrar").factory());
  private volatile boolean refused;
  private @Nullable UnixGrpcServer server;

  private KubeletRegistrar(
      Path socket, PluginInfo info, EventLoopGroup eventLoops, BooleanSupplier ready) {
    this.socket = socket;
    this.info = info;
    this.eventLoops = eventLoops;
    this.ready = ready;
  }

  public static KubeletRegistrar start(
      String driver,
      Path kubeletDir,
      Path csiSocket,
      EventLoopGroup eventLoops,
      BooleanSupplier ready) {
    var info =
        PluginInfo.newBuilder()
            .setType("CSIPlugin")
            .setName(driver)
            .setEndpoint(asKubeletSees(csiSocket, kubeletDir, driver).toString())
            .addSupportedVersions("1.0.0")
            .build();
    Path socket = kubeletDir.resolve("plugins_registry").resolve(driver + "-reg.sock");
    var registrar = new KubeletRegistrar(socket, info, eventLoops, ready);
    var _ =
        registrar.thread.scheduleWithFixedDelay(
            registrar::check, 0, CHECK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    return registrar;
  }

  /** A socket outside of the kubelet's folder is a container's name for the usual place. */
  static Path asKubeletSees(Path csiSocket, Path kubeletDir, String driver) {
    return csiSocket.startsWith(kubeletDir)
        ? csiSocket
        : kubeletDir.resolve("plugins").resolve(driver).resolve("csi.sock");
  }

  private void check() {
    try {
      if (refused || (server != null && !server.isServing())) {
        leave();
      }
      if (server == null && ready.getAsBoolean()) {
        refused = false;
        server = UnixGrpcServer.start(socket, eventLoops, List.of(new Registration()), List.of());
        log.infof("offered to the kubelet at %s", socket);
      }
    } catch (IOException | RuntimeException e) {
      log.warnf("can't offer the plugin to the kubelet at %s, trying again: %s", socket, e);
    }
  }

  private void leave() {
    UnixGrpcServer old = server;
    server = null;
    if (old != null) {
      old.close();
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
    leave();
  }

  private final class Registration extends RegistrationGrpc.RegistrationImplBase {
    @Override
    public void getInfo(InfoRequest request, StreamObserver<PluginInfo> caller) {
      caller.onNext(info);
      caller.onCompleted();
    }

    @Override
    public void notifyRegistrationStatus(
        RegistrationStatus status, StreamObserver<RegistrationStatusResponse> caller) {
      if (status.getPluginRegistered()) {
        log.infof("registered with the kubelet as %s", info.getName());
      } else {
        log.warnf("the kubelet refused the plugin, offering it again: %s", status.getError());
        refused = true;
      }
      caller.onNext(RegistrationStatusResponse.getDefaultInstance());
      caller.onCompleted();
    }
  }
}
