package io.millrace.engine.daemon.rpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.engine.api.EngineGrpc;
import io.millrace.engine.api.EngineGrpc.EngineBlockingStub;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.core.FormatOptions;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.attach.Attachments;
import io.millrace.engine.daemon.fuse.FuseServer;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.reactor.Reactor;
import io.millrace.engine.daemon.storage.DiskSubmission;
import io.millrace.engine.daemon.storage.FileStorage;
import io.millrace.engine.daemon.storage.OfflineStore;
import io.millrace.engine.daemon.storage.Preparation;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A store that is served on a socket by this process, and somebody who calls it. */
public final class ServedStore implements AutoCloseable {
  private static final long BYTES = 256 << 20;

  private final EngineBlockingStub calls;
  private final FileStorage storage;
  private final Reactor reactor;
  private final EngineServer server;
  private final NioEventLoopGroup loop = new NioEventLoopGroup(1);
  private final ManagedChannel channel;

  /** As {@code served}, with its socket {@code engine.sock}, in this folder. */
  public ServedStore(Path folder) throws IOException {
    Path file = format(folder.resolve("served"));
    Path socket = folder.resolve("engine.sock");
    EventFd wake = new EventFd();
    Epoll epoll = new Epoll();
    storage = FileStorage.open(file, wake, DiskSubmission.AUTO, 2);
    Store store = Store.open(storage, new SystemClock(), StoreOptions.defaults());
    CompletableFuture<StoreState> recovered = new CompletableFuture<>();
    reactor =
        new Reactor(store, epoll, new FuseServer(store, epoll, 16), wake, recovered::complete);
    reactor.start();
    Engine engine = new Engine(reactor, file.toString());
    if (recovered.join() != StoreState.SERVING) {
      throw new AssertionError("it does not serve");
    }
    engine.serve(new Attachments(reactor, UUID.randomUUID(), folder.resolve("state")));
    server = EngineServer.start(socket, engine);
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .eventLoopGroup(loop)
            .overrideAuthority("localhost")
            .usePlaintext()
            .directExecutor()
            .build();
    calls = EngineGrpc.newBlockingStub(channel);
  }

  /** An empty store in a new file. */
  public static Path format(Path path) throws IOException {
    return format(path, UUID.randomUUID());
  }

  static Path format(Path path, UUID uuid) throws IOException {
    Preparation.sparse(path, BYTES);
    try (OfflineStore offline = OfflineStore.open(path, new SystemClock())) {
      var refusal = offline.format(FormatOptions.of(uuid, 7));
      if (refusal.isPresent()) {
        throw new AssertionError(refusal.get());
      }
    }
    return path;
  }

  public EngineBlockingStub calls() {
    return calls;
  }

  /** All that can be told of volumes and snapshots. */
  public String catalog() {
    return calls.listVolumes(ListVolumesRequest.getDefaultInstance()).toString()
        + calls.listSnapshots(ListSnapshotsRequest.getDefaultInstance());
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var _ = loop.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS);
    server.close(Duration.ofSeconds(5));
    int unused = reactor.close().join();
    storage.close();
  }
}
