package io.millrace.csi.engine;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import io.millrace.engine.api.AttachVolumeRequest;
import io.millrace.engine.api.Attachment;
import io.millrace.engine.api.CreateSnapshotRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.DeleteSnapshotRequest;
import io.millrace.engine.api.DeleteVolumeRequest;
import io.millrace.engine.api.DetachVolumeRequest;
import io.millrace.engine.api.EngineGrpc;
import io.millrace.engine.api.EngineGrpc.EngineBlockingStub;
import io.millrace.engine.api.GetSnapshotRequest;
import io.millrace.engine.api.GetStatsRequest;
import io.millrace.engine.api.GetStoreRequest;
import io.millrace.engine.api.GetVolumeRequest;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.ListSnapshotsResponse;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.api.ListVolumesResponse;
import io.millrace.engine.api.ResizeVolumeRequest;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.StoreState;
import io.millrace.engine.api.Volume;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The engine of this node, over its unix socket.
 *
 * <p>Blocking; any thread. The deadline of the CSI call that runs on the calling thread bounds
 * every call (gRPC hands it on), and {@link #CALL_TIMEOUT} bounds the rest. A restarted engine is
 * found again at once: all calls are idempotent, so one that finds no engine is tried once more on
 * a fresh connection.
 */
public final class EngineClient implements AutoCloseable {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration RECONNECT_TIMEOUT = Duration.ofSeconds(1);

  private final ManagedChannel channel;
  private final EngineBlockingStub stub;
  private final Path socket;

  private EngineClient(Path socket, ManagedChannel channel) {
    this.socket = socket;
    this.channel = channel;
    this.stub = EngineGrpc.newBlockingStub(channel);
  }

  public static EngineClient connect(Path socket, EventLoopGroup eventLoops) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelFactory(NioDomainSocketChannel::new)
            .eventLoopGroup(eventLoops)
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
    return new EngineClient(socket, channel);
  }

  /** Also while the engine recovers or has stopped. */
  public Store store() {
    return call(engine -> engine.getStore(GetStoreRequest.getDefaultInstance()));
  }

  /** The same for callers that can't wait as long. */
  public Store store(Duration timeout) {
    return callWithin(timeout, engine -> engine.getStore(GetStoreRequest.getDefaultInstance()));
  }

  public Stats stats(Duration timeout) {
    return callWithin(timeout, engine -> engine.getStats(GetStatsRequest.getDefaultInstance()));
  }

  /**
   * Why nothing can be asked of the engine now; empty when it serves. Never throws, and takes no
   * longer than 3 s.
   */
  public Optional<String> trouble() {
    try {
      Store store = store(PROBE_TIMEOUT);
      return store.getState() == StoreState.SERVING
          ? Optional.empty()
          : Optional.of("the engine's store is " + store.getState() + " " + store.getReason());
    } catch (CsiFailure | StatusRuntimeException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** Refuses unless the store is in service. */
  public Store servingStore() {
    Store store = store();
    return switch (store.getState()) {
      case SERVING -> store;
      case STOPPED, DAMAGED ->
          throw new CsiFailure(
              Kind.DATA_LOSS,
              "store " + store.getUuid() + " is out of service: " + store.getReason());
      case RECOVERING, STORE_STATE_UNSPECIFIED, UNRECOGNIZED ->
          throw new CsiFailure(Kind.UNAVAILABLE, "the engine is recovering its store; try again");
    };
  }

  public Optional<Volume> volume(String id) {
    return find(engine -> engine.getVolume(GetVolumeRequest.newBuilder().setId(id).build()));
  }

  public Optional<Volume> volumeNamed(String name) {
    return find(engine -> engine.getVolume(GetVolumeRequest.newBuilder().setName(name).build()));
  }

  public Volume createVolume(CreateVolumeRequest request) {
    return call(engine -> engine.createVolume(request));
  }

  public void deleteVolume(String id) {
    call(engine -> engine.deleteVolume(DeleteVolumeRequest.newBuilder().setId(id).build()));
  }

  public Volume growVolume(String id, long sizeBytes) {
    var request = ResizeVolumeRequest.newBuilder().setId(id).setSizeBytes(sizeBytes).build();
    return call(engine -> engine.resizeVolume(request));
  }

  /** An empty token is the start; a page size of 0 is all. */
  public ListVolumesResponse listVolumes(int pageSize, String pageToken) {
    var request =
        ListVolumesRequest.newBuilder().setPageSize(pageSize).setPageToken(pageToken).build();
    return call(engine -> engine.listVolumes(request));
  }

  public Optional<Snapshot> snapshot(String id) {
    return find(engine -> engine.getSnapshot(GetSnapshotRequest.newBuilder().setId(id).build()));
  }

  public Snapshot createSnapshot(String name, String volumeId) {
    var request = CreateSnapshotRequest.newBuilder().setName(name).setVolumeId(volumeId).build();
    return call(engine -> engine.createSnapshot(request));
  }

  public void deleteSnapshot(String id) {
    call(engine -> engine.deleteSnapshot(DeleteSnapshotRequest.newBuilder().setId(id).build()));
  }

  /** An empty volume id is any. */
  public ListSnapshotsResponse listSnapshots(int pageSize, String pageToken, String volumeId) {
    var request =
        ListSnapshotsRequest.newBuilder()
            .setPageSize(pageSize)
            .setPageToken(pageToken)
            .setVolumeId(volumeId)
            .build();
    return call(engine -> engine.listSnapshots(request));
  }

  public Attachment attach(String id, int sectorBytes, boolean readOnly) {
    var request =
        AttachVolumeRequest.newBuilder()
            .setId(id)
            .setSectorBytes(sectorBytes)
            .setReadOnly(readOnly)
            .build();
    return call(engine -> engine.attachVolume(request));
  }

  /** Nothing to do for a volume that is gone. */
  public void detach(String id) {
    find(engine -> engine.detachVolume(DetachVolumeRequest.newBuilder().setId(id).build()));
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  private <T> Optional<T> find(Function<EngineBlockingStub, T> ask) {
    try {
      return Optional.of(call(ask));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private <T> T call(Function<EngineBlockingStub, T> ask) {
    return callWithin(CALL_TIMEOUT, ask);
  }

  private <T> T callWithin(Duration timeout, Function<EngineBlockingStub, T> ask) {
    try {
      return ask.apply(within(timeout));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
        throw e;
      }
      return callOnFreshConnection(timeout, ask, e);
    }
  }

  private <T> T callOnFreshConnection(
      Duration timeout, Function<EngineBlockingStub, T> ask, StatusRuntimeException first) {
    // Without this the channel sits out its back-off, up to two minutes, after an engine restart.
    channel.resetConnectBackoff();
    try {
      var _ =
          within(RECONNECT_TIMEOUT)
              .withWaitForReady()
              .getStore(GetStoreRequest.getDefaultInstance());
      return ask.apply(within(timeout));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED
          && e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
        throw e;
      }
      throw new CsiFailure(
          Kind.UNAVAILABLE,
          "the engine at " + socket + " is not available: " + reason(first.getStatus()),
          first);
    }
  }

  /** The kernel's words, when there are any: gRPC's are "io exception". */
  private static String reason(Status status) {
    Throwable cause = status.getCause();
    return String.valueOf(cause == null ? status.getDescription() : cause.getMessage());
  }

  private EngineBlockingStub within(Duration timeout) {
    return stub.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }
}
