package io.millrace.engine.daemon.rpc;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The gRPC server on a unix socket that only the daemon's user may open. Handlers run on virtual
 * threads; the store's lock has been taken before, so a socket file that is there is a dead one's.
 */
public final class EngineServer {
  // Held, or the level would be forgotten. gRPC asks for TCP's keep-alive, which a unix socket has
  // not; Netty
  // warns of it at every connection.
  private static final Logger BOOTSTRAP = Logger.getLogger("io.netty.bootstrap");

  private final Server server;
  private final EventLoopGroup loop;
  private final ExecutorService handlers;

  private EngineServer(Server server, EventLoopGroup loop, ExecutorService handlers) {
    this.server = server;
    this.loop = loop;
    this.handlers = handlers;
  }

  public static EngineServer start(Path socket, Engine engine) throws IOException {
    prepareFolder(socket);
    BOOTSTRAP.setLevel(Level.SEVERE);
    EventLoopGroup loop = new NioEventLoopGroup(1);
    ExecutorService handlers = Executors.newVirtualThreadPerTaskExecutor();
    Server server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(loop)
            .workerEventLoopGroup(loop)
            .executor(handlers)
            .addService(new EngineService(engine))
            .build()
            .start();
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
    return new EngineServer(server, loop, handlers);
  }

  private static void prepareFolder(Path socket) throws IOException {
    Path folder = socket.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Files.deleteIfExists(socket);
  }

  /** Takes no more calls, and waits so long for those that run. */
  public void close(Duration limit) {
    Server stopping = server.shutdown();
    try {
      if (!stopping.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        stopping.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    handlers.shutdown();
  }
}
