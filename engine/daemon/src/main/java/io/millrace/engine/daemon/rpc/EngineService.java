package io.millrace.engine.daemon.rpc;

import io.grpc.stub.StreamObserver;
import io.millrace.engine.api.AttachVolumeRequest;
import io.millrace.engine.api.Attachment;
import io.millrace.engine.api.ChangeVolumeRequest;
import io.millrace.engine.api.CreateSnapshotRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.DeleteSnapshotRequest;
import io.millrace.engine.api.DeleteSnapshotResponse;
import io.millrace.engine.api.DeleteVolumeRequest;
import io.millrace.engine.api.DeleteVolumeResponse;
import io.millrace.engine.api.DetachVolumeRequest;
import io.millrace.engine.api.DetachVolumeResponse;
import io.millrace.engine.api.EngineGrpc;
import io.millrace.engine.api.GetLogPositionRequest;
import io.millrace.engine.api.GetMetersRequest;
import io.millrace.engine.api.GetScrubRequest;
import io.millrace.engine.api.GetSnapshotRequest;
import io.millrace.engine.api.GetStatsRequest;
import io.millrace.engine.api.GetStoreRequest;
import io.millrace.engine.api.GetVolumeRequest;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.ListSnapshotsResponse;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.api.ListVolumesResponse;
import io.millrace.engine.api.LogPosition;
import io.millrace.engine.api.Meters;
import io.millrace.engine.api.ResizeVolumeRequest;
import io.millrace.engine.api.Scrub;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.StartScrubRequest;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.Volume;
import java.util.concurrent.Callable;

/** Hands the calls of engine.proto to {@link Engine}, and answers or refuses. */
final class EngineService extends EngineGrpc.EngineImplBase {
  private final Engine engine;

  EngineService(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void getStore(GetStoreRequest request, StreamObserver<Store> out) {
    respond(out, engine::store);
  }

  @Override
  public void getStats(GetStatsRequest request, StreamObserver<Stats> out) {
    respond(out, engine::stats);
  }

  @Override
  public void getMeters(GetMetersRequest request, StreamObserver<Meters> out) {
    respond(out, engine::meters);
  }

  @Override
  public void getScrub(GetScrubRequest request, StreamObserver<Scrub> out) {
    respond(out, engine::scrub);
  }

  @Override
  public void startScrub(StartScrubRequest request, StreamObserver<Scrub> out) {
    respond(out, engine::startScrub);
  }

  @Override
  public void getLogPosition(GetLogPositionRequest request, StreamObserver<LogPosition> out) {
    respond(out, engine::logPosition);
  }

  @Override
  public void createVolume(CreateVolumeRequest request, StreamObserver<Volume> out) {
    respond(out, () -> engine.createVolume(request));
  }

  @Override
  public void deleteVolume(DeleteVolumeRequest request, StreamObserver<DeleteVolumeResponse> out) {
    respond(
        out,
        () -> {
          engine.deleteVolume(request.getId());
          return DeleteVolumeResponse.getDefaultInstance();
        });
  }

  @Override
  public void resizeVolume(ResizeVolumeRequest request, StreamObserver<Volume> out) {
    respond(out, () -> engine.resizeVolume(request));
  }

  @Override
  public void changeVolume(ChangeVolumeRequest request, StreamObserver<Volume> out) {
    respond(out, () -> engine.changeVolume(request));
  }

  @Override
  public void getVolume(GetVolumeRequest request, StreamObserver<Volume> out) {
    respond(out, () -> engine.getVolume(request.getId(), request.getName()));
  }

  @Override
  public void listVolumes(ListVolumesRequest request, StreamObserver<ListVolumesResponse> out) {
    respond(out, () -> engine.listVolumes(request));
  }

  @Override
  public void createSnapshot(CreateSnapshotRequest request, StreamObserver<Snapshot> out) {
    respond(out, () -> engine.createSnapshot(request));
  }

  @Override
  public void deleteSnapshot(
      DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> out) {
    respond(
        out,
        () -> {
          engine.deleteSnapshot(request.getId());
          return DeleteSnapshotResponse.getDefaultInstance();
        });
  }

  @Override
  public void getSnapshot(GetSnapshotRequest request, StreamObserver<Snapshot> out) {
    respond(out, () -> engine.getSnapshot(request.getId(), request.getName()));
  }

  @Override
  public void listSnapshots(
      ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> out) {
    respond(out, () -> engine.listSnapshots(request));
  }

  @Override
  public void attachVolume(AttachVolumeRequest request, StreamObserver<Attachment> out) {
    respond(out, () -> engine.attachVolume(request));
  }

  @Override
  public void detachVolume(DetachVolumeRequest request, StreamObserver<DetachVolumeResponse> out) {
    respond(
        out,
        () -> {
          engine.detachVolume(request.getId());
          return DetachVolumeResponse.getDefaultInstance();
        });
  }

  private static <T> void respond(StreamObserver<T> out, Callable<T> operation) {
    T answer;
    try {
      answer = operation.call();
    } catch (Exception e) {
      out.onError(Refusals.status(e).asException());
      return;
    }
    out.onNext(answer);
    out.onCompleted();
  }
}
