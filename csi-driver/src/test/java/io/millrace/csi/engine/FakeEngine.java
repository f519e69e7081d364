package io.millrace.csi.engine;

import io.grpc.BindableService;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.millrace.engine.api.AttachVolumeRequest;
import io.millrace.engine.api.Attachment;
import io.millrace.engine.api.CreateSnapshotRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.DeleteSnapshotRequest;
import io.millrace.engine.api.DeleteSnapshotResponse;
import io.millrace.engine.api.DeleteVolumeRequest;
import io.millrace.engine.api.DeleteVolumeResponse;
import io.millrace.engine.api.DetachVolumeRequest;
import io.millrace.engine.api.DetachVolumeResponse;
import io.millrace.engine.api.EngineGrpc;
import io.millrace.engine.api.GetSnapshotRequest;
import io.millrace.engine.api.GetStoreRequest;
import io.millrace.engine.api.GetVolumeRequest;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.ListSnapshotsResponse;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.api.ListVolumesResponse;
import io.millrace.engine.api.ResizeVolumeRequest;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.StoreState;
import io.millrace.engine.api.Volume;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine's contract in memory, as engine.proto words it: idempotent calls, ids that are never
 * used again, its status codes. Attaching hands out a name that stands for nothing: what needs a
 * kernel is tested with the real engine.
 */
public final class FakeEngine extends EngineGrpc.EngineImplBase implements BindableService {
  public static final String STORE_UUID = "0b7f3c52-6a0e-4d7c-9f55-1d2b3a4c5d6e";
  private static final long CREATED_MILLIS = 1_790_000_000_123L;

  private final TreeMap<String, Volume> volumes = new TreeMap<>();
  private final TreeMap<String, Snapshot> snapshots = new TreeMap<>();
  private long lastId;
  private Store store =
      Store.newBuilder()
          .setUuid(STORE_UUID)
          .setState(StoreState.SERVING)
          .setCapacityBytes(16L << 30)
          .setFreeBytes(16L << 30)
          .build();

  public synchronized void become(StoreState state, String reason) {
    store = store.toBuilder().setState(state).setReason(reason).build();
  }

  public synchronized void setFreeBytes(long freeBytes) {
    store = store.toBuilder().setFreeBytes(freeBytes).build();
  }

  @Override
  public void getStore(GetStoreRequest request, StreamObserver<Store> caller) {
    answer(caller, () -> store);
  }

  @Override
  public void createVolume(CreateVolumeRequest request, StreamObserver<Volume> caller) {
    answer(caller, () -> create(request));
  }

  private Volume create(CreateVolumeRequest request) {
    long sourceBytes = 0;
    if (!request.getSourceSnapshotId().isEmpty()) {
      sourceBytes =
          existing(snapshots.get(request.getSourceSnapshotId()), "snapshot").getSizeBytes();
    }
    if (!request.getSourceVolumeId().isEmpty()) {
      sourceBytes = existing(volumes.get(request.getSourceVolumeId()), "volume").getSizeBytes();
    }
    long sizeBytes = request.getSizeBytes() == 0 ? sourceBytes : request.getSizeBytes();
    if (request.getName().isEmpty()
        || sizeBytes <= 0
        || sizeBytes % 512 != 0
        || sizeBytes < sourceBytes) {
      throw Status.INVALID_ARGUMENT.withDescription("size " + sizeBytes).asRuntimeException();
    }
    var wanted =
        Volume.newBuilder()
            .setName(request.getName())
            .setSizeBytes(sizeBytes)
            .setSourceSnapshotId(request.getSourceSnapshotId())
            .setSourceVolumeId(request.getSourceVolumeId())
            .setCreatedUnixMillis(CREATED_MILLIS);
    Optional<Volume> taken = named(volumes.values(), Volume::getName, request.getName());
    if (taken.isPresent()) {
      Volume there = taken.get();
      wanted.setAcknowledge(there.getAcknowledge());
      limit(wanted, there.getIops(), there.getBytesPerSecond(), there.getWeight());
      return same(taken.get(), wanted.setId(taken.get().getId()).build());
    }
    limit(wanted, request.getIops(), request.getBytesPerSecond(), request.getWeight());
    Volume volume = wanted.setId(nextId()).setAcknowledge(request.getAcknowledge()).build();
    volumes.put(volume.getId(), volume);
    return volume;
  }

  private static void limit(Volume.Builder volume, long iops, long bytesPerSecond, int weight) {
    volume.setIops(iops).setBytesPerSecond(bytesPerSecond).setWeight(weight);
  }

  @Override
  public void deleteVolume(
      DeleteVolumeRequest request, StreamObserver<DeleteVolumeResponse> caller) {
    answer(
        caller,
        () -> {
          Volume volume = volumes.get(request.getId());
          if (volume != null && !volume.getDevice().isEmpty()) {
            throw Status.FAILED_PRECONDITION.withDescription("attached").asRuntimeException();
          }
          volumes.remove(request.getId());
          return DeleteVolumeResponse.getDefaultInstance();
        });
  }

  @Override
  public void resizeVolume(ResizeVolumeRequest request, StreamObserver<Volume> caller) {
    answer(
        caller,
        () -> {
          Volume volume = existing(volumes.get(request.getId()), "volume");
          if (request.getSizeBytes() < volume.getSizeBytes()) {
            throw Status.FAILED_PRECONDITION.withDescription("shrinking").asRuntimeException();
          }
          Volume grown = volume.toBuilder().setSizeBytes(request.getSizeBytes()).build();
          volumes.put(grown.getId(), grown);
          return grown;
        });
  }

  @Override
  public void getVolume(GetVolumeRequest request, StreamObserver<Volume> caller) {
    answer(
        caller,
        () ->
            request.getName().isEmpty()
                ? existing(volumes.get(request.getId()), "volume")
                : named(volumes.values(), Volume::getName, request.getName())
                    .orElseThrow(() -> notFound("volume")));
  }

  @Override
  public void listVolumes(ListVolumesRequest request, StreamObserver<ListVolumesResponse> caller) {
    answer(
        caller,
        () -> {
          var rest = List.copyOf(volumes.tailMap(request.getPageToken(), false).values());
          int size = pageSize(request.getPageSize(), rest.size());
          var response = ListVolumesResponse.newBuilder().addAllVolumes(rest.subList(0, size));
          return (size < rest.size()
                  ? response.setNextPageToken(rest.get(size - 1).getId())
                  : response)
              .build();
        });
  }

  @Override
  public void createSnapshot(CreateSnapshotRequest request, StreamObserver<Snapshot> caller) {
    answer(
        caller,
        () -> {
          Optional<Snapshot> taken =
              named(snapshots.values(), Snapshot::getName, request.getName());
          if (taken.isPresent()) {
            return same(
                taken.get(), taken.get().toBuilder().setVolumeId(request.getVolumeId()).build());
          }
          Volume volume = existing(volumes.get(request.getVolumeId()), "volume");
          var snapshot =
              Snapshot.newBuilder()
                  .setId(nextId())
                  .setName(request.getName())
                  .setVolumeId(volume.getId())
                  .setSizeBytes(volume.getSizeBytes())
                  .setCreatedUnixMillis(CREATED_MILLIS)
                  .build();
          snapshots.put(snapshot.getId(), snapshot);
          return snapshot;
        });
  }

  @Override
  public void deleteSnapshot(
      DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> caller) {
    answer(
        caller,
        () -> {
          snapshots.remove(request.getId());
          return DeleteSnapshotResponse.getDefaultInstance();
        });
  }

  @Override
  public void getSnapshot(GetSnapshotRequest request, StreamObserver<Snapshot> caller) {
    answer(caller, () -> existing(snapshots.get(request.getId()), "snapshot"));
  }

  @Override
  public void listSnapshots(
      ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> caller) {
    answer(
        caller,
        () -> {
          var rest =
              snapshots.tailMap(request.getPageToken(), false).values().stream()
                  .filter(
                      s ->
                          request.getVolumeId().isEmpty()
                              || s.getVolumeId().equals(request.getVolumeId()))
                  .toList();
          int size = pageSize(request.getPageSize(), rest.size());
          var response = ListSnapshotsResponse.newBuilder().addAllSnapshots(rest.subList(0, size));
          return (size < rest.size()
                  ? response.setNextPageToken(rest.get(size - 1).getId())
                  : response)
              .build();
        });
  }

  @Override
  public void attachVolume(AttachVolumeRequest request, StreamObserver<Attachment> caller) {
    answer(
        caller,
        () -> {
          Volume volume = existing(volumes.get(request.getId()), "volume");
          String device = "/dev/fake-" + volume.getId();
          Volume attached = volume.toBuilder().setDevice(device).build();
          volumes.put(attached.getId(), attached);
          return Attachment.newBuilder()
              .setVolumeId(attached.getId())
              .setDevice(attached.getDevice())
              .setSizeBytes(attached.getSizeBytes())
              .setReadOnly(request.getReadOnly())
              .build();
        });
  }

  @Override
  public void detachVolume(
      DetachVolumeRequest request, StreamObserver<DetachVolumeResponse> caller) {
    answer(
        caller,
        () -> {
          Volume volume = existing(volumes.get(request.getId()), "volume");
          volumes.put(volume.getId(), volume.toBuilder().clearDevice().build());
          return DetachVolumeResponse.getDefaultInstance();
        });
  }

  private synchronized <T> void answer(StreamObserver<T> caller, Supplier<T> work) {
    try {
      T response = work.get();
      caller.onNext(response);
      caller.onCompleted();
    } catch (StatusRuntimeException e) {
      caller.onError(e);
    }
  }

  private String nextId() {
    return String.format("%016x", ++lastId);
  }

  private static int pageSize(int asked, int available) {
    return asked == 0 ? available : Math.min(asked, available);
  }

  private static <T> T same(T existing, T wanted) {
    if (!existing.equals(wanted)) {
      throw Status.ALREADY_EXISTS.withDescription("the name is taken").asRuntimeException();
    }
    return existing;
  }

  private static <T> T existing(@Nullable T object, String kind) {
    if (object == null) {
      throw notFound(kind);
    }
    return object;
  }

  private static StatusRuntimeException notFound(String kind) {
    return Status.NOT_FOUND.withDescription("no such " + kind).asRuntimeException();
  }

  private static <T> Optional<T> named(
      Iterable<T> objects, Function<T, String> name, String wanted) {
    for (T each : objects) {
      if (name.apply(each).equals(wanted)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }
}
