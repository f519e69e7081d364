package io.millrace.csi.grpc;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A gRPC server on a unix socket that only root may open.
 *
 * <p>A socket file that an earlier process left behind is removed before binding: one node runs one
 * plugin. Calls run on virtual threads. Needs no native library.
 */
public final class UnixGrpcServer implements AutoCloseable {
  private static final int DRAIN_SECONDS = 5;

  private final Path socket;
  private final Server server;
  private final ExecutorService calls;

  private UnixGrpcServer(Path socket, Server server, ExecutorService calls) {
    this.socket = socket;
    this.server = server;
    this.calls = calls;
  }

  public static UnixGrpcServer start(
      Path socket,
      EventLoopGroup eventLoops,
      List<BindableService> services,
      List<ServerInterceptor> interceptors)
      throws IOException {
    Files.createDirectories(socket.toAbsolutePath().getParent());
    Files.deleteIfExists(socket);
    ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelFactory(NioServerDomainSocketChannel::new)
            .bossEventLoopGroup(eventLoops)
            .workerEventLoopGroup(eventLoops)
            .executor(calls);
    services.forEach(builder::addService);
    interceptors.forEach(builder::intercept);
    Server server = builder.build().start();
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    return new UnixGrpcServer(socket, server, calls);
  }

  public boolean isServing() {
    return !server.isShutdown() && Files.exists(socket);
  }

  /** Lets running calls end, for a bounded time. */
  @Override
  public void close() {
    server.shutdown();
    try {
      if (!server.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    calls.shutdownNow();
  }
}
