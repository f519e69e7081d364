package io.millrace.csi.grpc;

import com.google.protobuf.Int64Value;
import io.grpc.stub.StreamObserver;
import io.millrace.csi.proto.ControllerExpandVolumeRequest;
import io.millrace.csi.proto.ControllerExpandVolumeResponse;
import io.millrace.csi.proto.ControllerGetCapabilitiesRequest;
import io.millrace.csi.proto.ControllerGetCapabilitiesResponse;
import io.millrace.csi.proto.ControllerGetVolumeRequest;
import io.millrace.csi.proto.ControllerGetVolumeResponse;
import io.millrace.csi.proto.ControllerGrpc;
import io.millrace.csi.proto.ControllerServiceCapability;
import io.millrace.csi.proto.ControllerServiceCapability.RPC;
import io.millrace.csi.proto.CreateSnapshotRequest;
import io.millrace.csi.proto.CreateSnapshotResponse;
import io.millrace.csi.proto.CreateVolumeRequest;
import io.millrace.csi.proto.CreateVolumeResponse;
import io.millrace.csi.proto.DeleteSnapshotRequest;
import io.millrace.csi.proto.DeleteSnapshotResponse;
import io.millrace.csi.proto.DeleteVolumeRequest;
import io.millrace.csi.proto.DeleteVolumeResponse;
import io.millrace.csi.proto.GetCapacityRequest;
import io.millrace.csi.proto.GetCapacityResponse;
import io.millrace.csi.proto.GetSnapshotRequest;
import io.millrace.csi.proto.GetSnapshotResponse;
import io.millrace.csi.proto.ListSnapshotsRequest;
import io.millrace.csi.proto.ListSnapshotsResponse;
import io.millrace.csi.proto.ListVolumesRequest;
import io.millrace.csi.proto.ListVolumesResponse;
import io.millrace.csi.proto.ValidateVolumeCapabilitiesRequest;
import io.millrace.csi.proto.ValidateVolumeCapabilitiesResponse;
import io.millrace.csi.proto.VolumeCapability;
import io.millrace.csi.provision.Snapshots;
import io.millrace.csi.provision.Volumes;
import io.millrace.csi.volume.ClassParameters;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.Placement;
import io.millrace.csi.volume.Room;
import io.millrace.csi.volume.SizeRange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Parse, call, render; one operation per volume or snapshot at a time. */
final class ControllerService extends ControllerGrpc.ControllerImplBase {
  /** What works, and nothing else. */
  static final List<RPC.Type> CAPABILITIES =
      List.of(
          RPC.Type.CREATE_DELETE_VOLUME,
          RPC.Type.CLONE_VOLUME,
          RPC.Type.EXPAND_VOLUME,
          RPC.Type.LIST_VOLUMES,
          RPC.Type.GET_VOLUME,
          RPC.Type.GET_CAPACITY,
          RPC.Type.CREATE_DELETE_SNAPSHOT,
          RPC.Type.LIST_SNAPSHOTS,
          RPC.Type.GET_SNAPSHOT,
          RPC.Type.SINGLE_NODE_MULTI_WRITER);

  private final Answers answers;
  private final Volumes volumes;
  private final Snapshots snapshots;
  private final Consumer<String> onVolumeDeleted;

  /**
   * @param onVolumeDeleted told the handle of each volume that is gone
   */
  ControllerService(
      Answers answers, Volumes volumes, Snapshots snapshots, Consumer<String> onVolumeDeleted) {
    this.answers = answers;
    this.volumes = volumes;
    this.snapshots = snapshots;
    this.onVolumeDeleted = onVolumeDeleted;
  }

  @Override
  public void controllerGetCapabilities(
      ControllerGetCapabilitiesRequest request,
      StreamObserver<ControllerGetCapabilitiesResponse> caller) {
    answers.answer(
        caller,
        () -> {
          var response = ControllerGetCapabilitiesResponse.newBuilder();
          for (RPC.Type type : CAPABILITIES) {
            response.addCapabilities(
                ControllerServiceCapability.newBuilder().setRpc(RPC.newBuilder().setType(type)));
          }
          return response.build();
        });
  }

  @Override
  public void createVolume(
      CreateVolumeRequest request, StreamObserver<CreateVolumeResponse> caller) {
    answers.answerAlone(
        caller,
        "volume name " + request.getName(),
        () -> {
          var wanted = Requests.volume(request);
          var parameters = ClassParameters.ofStorageClass(request.getParametersMap());
          var volume =
              Responses.volume(volumes.create(wanted, parameters.durable(), parameters.limits()));
          return CreateVolumeResponse.newBuilder()
              .setVolume(volume.toBuilder().putAllVolumeContext(parameters.volumeContext()))
              .build();
        });
  }

  @Override
  public void deleteVolume(
      DeleteVolumeRequest request, StreamObserver<DeleteVolumeResponse> caller) {
    answers.answerAlone(
        caller,
        request.getVolumeId(),
        () -> {
          volumes.delete(Requests.required("volume_id", request.getVolumeId()));
          onVolumeDeleted.accept(request.getVolumeId());
          return DeleteVolumeResponse.getDefaultInstance();
        });
  }

  @Override
  public void validateVolumeCapabilities(
      ValidateVolumeCapabilitiesRequest request,
      StreamObserver<ValidateVolumeCapabilitiesResponse> caller) {
    answers.answer(caller, () -> validated(request));
  }

  private ValidateVolumeCapabilitiesResponse validated(ValidateVolumeCapabilitiesRequest request) {
    Requests.required("volume_id", request.getVolumeId());
    if (request.getVolumeCapabilitiesCount() == 0) {
      throw CsiFailure.invalid("volume_capabilities are missing");
    }
    var _ = volumes.get(request.getVolumeId());
    var response = ValidateVolumeCapabilitiesResponse.newBuilder();
    Optional<String> objection =
        objection(request.getVolumeCapabilitiesList(), request.getParametersMap());
    if (objection.isPresent()) {
      return response.setMessage(objection.get()).build();
    }
    return response
        .setConfirmed(
            ValidateVolumeCapabilitiesResponse.Confirmed.newBuilder()
                .putAllVolumeContext(request.getVolumeContextMap())
                .putAllParameters(request.getParametersMap())
                .addAllVolumeCapabilities(request.getVolumeCapabilitiesList()))
        .build();
  }

  /** Here an unsupported capability is an answer, not an error. */
  private static Optional<String> objection(
      List<VolumeCapability> capabilities, Map<String, String> parameters) {
    try {
      if (!capabilities.isEmpty()) {
        var _ = Requests.uses(capabilities);
      }
      var _ = ClassParameters.ofStorageClass(parameters);
      return Optional.empty();
    } catch (CsiFailure e) {
      return Optional.of(e.getMessage());
    }
  }

  @Override
  public void controllerGetVolume(
      ControllerGetVolumeRequest request, StreamObserver<ControllerGetVolumeResponse> caller) {
    answers.answer(
        caller,
        () ->
            ControllerGetVolumeResponse.newBuilder()
                .setVolume(
                    Responses.volume(
                        volumes.get(Requests.required("volume_id", request.getVolumeId()))))
                .setStatus(ControllerGetVolumeResponse.VolumeStatus.getDefaultInstance())
                .build());
  }

  @Override
  public void listVolumes(ListVolumesRequest request, StreamObserver<ListVolumesResponse> caller) {
    answers.answer(
        caller,
        () -> Responses.volumes(volumes.list(request.getMaxEntries(), request.getStartingToken())));
  }

  @Override
  public void getCapacity(GetCapacityRequest request, StreamObserver<GetCapacityResponse> caller) {
    answers.answer(
        caller,
        () -> {
          boolean possible =
              objection(request.getVolumeCapabilitiesList(), request.getParametersMap()).isEmpty();
          long freeBytes = possible ? volumes.freeBytes(where(request)) : 0;
          return GetCapacityResponse.newBuilder()
              .setAvailableCapacity(freeBytes)
              .setMaximumVolumeSize(Int64Value.of(Room.largestVolumeBytes(freeBytes)))
              .setMinimumVolumeSize(Int64Value.of(SizeRange.MINIMUM_BYTES))
              .build();
        });
  }

  private static Placement where(GetCapacityRequest request) {
    Map<String, String> segments = request.getAccessibleTopology().getSegmentsMap();
    return segments.isEmpty() ? Placement.ANYWHERE : new Placement(List.of(segments));
  }

  @Override
  public void controllerExpandVolume(
      ControllerExpandVolumeRequest request,
      StreamObserver<ControllerExpandVolumeResponse> caller) {
    answers.answerAlone(
        caller,
        request.getVolumeId(),
        () -> {
          Requests.required("volume_id", request.getVolumeId());
          if (!request.hasCapacityRange()) {
            throw CsiFailure.invalid("capacity_range is missing");
          }
          long sizeBytes =
              volumes.grow(request.getVolumeId(), Requests.size(request.getCapacityRange()));
          return ControllerExpandVolumeResponse.newBuilder()
              .setCapacityBytes(sizeBytes)
              .setNodeExpansionRequired(!request.getVolumeCapability().hasBlock())
              .build();
        });
  }

  @Override
  public void createSnapshot(
      CreateSnapshotRequest request, StreamObserver<CreateSnapshotResponse> caller) {
    answers.answerAlone(
        caller,
        "snapshot name " + request.getName(),
        () -> {
          Requests.required("name", request.getName());
          Requests.required("source_volume_id", request.getSourceVolumeId());
          ClassParameters.checkSnapshotClass(request.getParametersMap());
          var snapshot = snapshots.create(request.getName(), request.getSourceVolumeId());
          return CreateSnapshotResponse.newBuilder()
              .setSnapshot(Responses.snapshot(snapshot))
              .build();
        });
  }

  @Override
  public void deleteSnapshot(
      DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> caller) {
    answers.answerAlone(
        caller,
        request.getSnapshotId(),
        () -> {
          snapshots.delete(Requests.required("snapshot_id", request.getSnapshotId()));
          return DeleteSnapshotResponse.getDefaultInstance();
        });
  }

  @Override
  public void getSnapshot(GetSnapshotRequest request, StreamObserver<GetSnapshotResponse> caller) {
    answers.answer(
        caller,
        () -> {
          var snapshot = snapshots.get(Requests.required("snapshot_id", request.getSnapshotId()));
          return GetSnapshotResponse.newBuilder().setSnapshot(Responses.snapshot(snapshot)).build();
        });
  }

  @Override
  public void listSnapshots(
      ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> caller) {
    answers.answer(
        caller,
        () ->
            Responses.snapshots(
                snapshots.list(
                    request.getMaxEntries(),
                    request.getStartingToken(),
                    Optional.of(request.getSnapshotId()).filter(text -> !text.isEmpty()),
                    Optional.of(request.getSourceVolumeId()).filter(text -> !text.isEmpty()))));
  }
}
