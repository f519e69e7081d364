package io.millrace.engine.daemon.rpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.engine.api.EngineGrpc;
import io.millrace.engine.api.EngineGrpc.EngineBlockingStub;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A connection to the daemon that listens on a unix socket. Any thread; {@link #close} ends it. */
public final class EngineChannel implements AutoCloseable {
  /** The meters of a thousand volumes. */
  private static final int ANSWER_BYTES_MAX = 64 << 20;

  // Held, or the level would be forgotten. gRPC asks for TCP's keep-alive, which a unix socket has
  // not; Netty warns of it at every connection.
  private static final Logger BOOTSTRAP = Logger.getLogger("io.netty.bootstrap");

  private final NioEventLoopGroup loop = new NioEventLoopGroup(1);
  private final ManagedChannel channel;

  /** Connects at the first call. */
  public EngineChannel(Path socket) {
    BOOTSTRAP.setLevel(Level.SEVERE);
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .eventLoopGroup(loop)
            .overrideAuthority("localhost")
            .usePlaintext()
            .maxInboundMessageSize(ANSWER_BYTES_MAX)
            .directExecutor()
            .build();
  }

  public EngineBlockingStub calls() {
    return EngineGrpc.newBlockingStub(channel);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }
}
