package io.millrace.e2e.cluster;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.engine.api.EngineGrpc;
import io.millrace.engine.api.GetStatsRequest;
import io.millrace.engine.api.GetStoreRequest;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.Volume;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The node's engine, asked over its unix socket. */
public final class EngineClient implements AutoCloseable {
  private static final Path SOCKET = Path.of("/run/millrace/engine.sock");

  private final NioEventLoopGroup group;
  private final ManagedChannel channel;

  private EngineClient(Path socket) {
    group = new NioEventLoopGroup(1);
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(group)
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
  }

  /** The engine of the node in whose mount namespace this process runs. */
  public static EngineClient onThisNode() {
    return new EngineClient(SOCKET);
  }

  public Store store() {
    return engine().getStore(GetStoreRequest.getDefaultInstance());
  }

  public Stats stats() {
    return engine().getStats(GetStatsRequest.getDefaultInstance());
  }

  public List<Volume> volumes() {
    return engine().listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList();
  }

  public List<Snapshot> snapshots() {
    return engine().listSnapshots(ListSnapshotsRequest.getDefaultInstance()).getSnapshotsList();
  }

  private EngineGrpc.EngineBlockingStub engine() {
    return EngineGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
