package io.millrace.csi.grpc;

import io.grpc.stub.StreamObserver;
import io.millrace.csi.mount.NodeVolumes;
import io.millrace.csi.mount.PublishRequest;
import io.millrace.csi.mount.StageRequest;
import io.millrace.csi.mount.Usage;
import io.millrace.csi.proto.NodeExpandVolumeRequest;
import io.millrace.csi.proto.NodeExpandVolumeResponse;
import io.millrace.csi.proto.NodeGetCapabilitiesRequest;
import io.millrace.csi.proto.NodeGetCapabilitiesResponse;
import io.millrace.csi.proto.NodeGetInfoRequest;
import io.millrace.csi.proto.NodeGetInfoResponse;
import io.millrace.csi.proto.NodeGetVolumeStatsRequest;
import io.millrace.csi.proto.NodeGetVolumeStatsResponse;
import io.millrace.csi.proto.NodeGrpc;
import io.millrace.csi.proto.NodePublishVolumeRequest;
import io.millrace.csi.proto.NodePublishVolumeResponse;
import io.millrace.csi.proto.NodeServiceCapability;
import io.millrace.csi.proto.NodeServiceCapability.RPC;
import io.millrace.csi.proto.NodeStageVolumeRequest;
import io.millrace.csi.proto.NodeStageVolumeResponse;
import io.millrace.csi.proto.NodeUnpublishVolumeRequest;
import io.millrace.csi.proto.NodeUnpublishVolumeResponse;
import io.millrace.csi.proto.NodeUnstageVolumeRequest;
import io.millrace.csi.proto.NodeUnstageVolumeResponse;
import io.millrace.csi.proto.VolumeCapability;
import io.millrace.csi.proto.VolumeUsage;
import io.millrace.csi.volume.ClassParameters;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import io.millrace.csi.volume.VolumeUse;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** Parse, call, render; one operation per volume at a time. */
final class NodeService extends NodeGrpc.NodeImplBase {
  /** What works, and nothing else. */
  static final List<RPC.Type> CAPABILITIES =
      List.of(
          RPC.Type.STAGE_UNSTAGE_VOLUME,
          RPC.Type.GET_VOLUME_STATS,
          RPC.Type.EXPAND_VOLUME,
          RPC.Type.SINGLE_NODE_MULTI_WRITER);

  private final Answers answers;
  private final String nodeId;
  private final Supplier<String> storeUuid;
  private final NodeVolumes volumes;

  NodeService(Answers answers, String nodeId, Supplier<String> storeUuid, NodeVolumes volumes) {
    this.answers = answers;
    this.nodeId = nodeId;
    this.storeUuid = storeUuid;
    this.volumes = volumes;
  }

  @Override
  public void nodeGetInfo(NodeGetInfoRequest request, StreamObserver<NodeGetInfoResponse> caller) {
    answers.answer(
        caller,
        () ->
            NodeGetInfoResponse.newBuilder()
                .setNodeId(nodeId)
                .setAccessibleTopology(Responses.topology(storeUuid.get()))
                .build());
  }

  @Override
  public void nodeGetCapabilities(
      NodeGetCapabilitiesRequest request, StreamObserver<NodeGetCapabilitiesResponse> caller) {
    answers.answer(
        caller,
        () -> {
          var response = NodeGetCapabilitiesResponse.newBuilder();
          for (RPC.Type type : CAPABILITIES) {
            response.addCapabilities(
                NodeServiceCapability.newBuilder().setRpc(RPC.newBuilder().setType(type)));
          }
          return response.build();
        });
  }

  @Override
  public void nodeStageVolume(
      NodeStageVolumeRequest request, StreamObserver<NodeStageVolumeResponse> caller) {
    answers.answerAlone(
        caller,
        request.getVolumeId(),
        () -> {
          volumes.stage(
              new StageRequest(
                  Requests.required("volume_id", request.getVolumeId()),
                  path("staging_target_path", request.getStagingTargetPath()),
                  use(request.hasVolumeCapability(), request.getVolumeCapability()),
                  ClassParameters.ofVolumeContext(request.getVolumeContextMap())));
          return NodeStageVolumeResponse.getDefaultInstance();
        });
  }

  @Override
  public void nodeUnstageVolume(
      NodeUnstageVolumeRequest request, StreamObserver<NodeUnstageVolumeResponse> caller) {
    answers.answerAlone(
        caller,
        request.getVolumeId(),
        () -> {
          volumes.unstage(
              Requests.required("volume_id", request.getVolumeId()),
              path("staging_target_path", request.getStagingTargetPath()));
          return NodeUnstageVolumeResponse.getDefaultInstance();
        });
  }

  @Override
  public void nodePublishVolume(
      NodePublishVolumeRequest request, StreamObserver<NodePublishVolumeResponse> caller) {
    answers.answerAlone(
        caller,
        request.getVolumeId(),
        () -> {
          volumes.publish(publish(request));
          return NodePublishVolumeResponse.getDefaultInstance();
        });
  }

  private static PublishRequest publish(NodePublishVolumeRequest request) {
    String handle = Requests.required("volume_id", request.getVolumeId());
    Path target = path("target_path", request.getTargetPath());
    VolumeUse use = use(request.hasVolumeCapability(), request.getVolumeCapability());
    if (request.getStagingTargetPath().isEmpty()) {
      throw new CsiFailure(
          Kind.FAILED_PRECONDITION, "staging_target_path is missing: stage the volume first");
    }
    Path staging = path("staging_target_path", request.getStagingTargetPath());
    return new PublishRequest(handle, staging, target, use, request.getReadonly());
  }

  @Override
  public void nodeUnpublishVolume(
      NodeUnpublishVolumeRequest request, StreamObserver<NodeUnpublishVolumeResponse> caller) {
    answers.answerAlone(
        caller,
        request.getVolumeId(),
        () -> {
          Requests.required("volume_id", request.getVolumeId());
          volumes.unpublish(path("target_path", request.getTargetPath()));
          return NodeUnpublishVolumeResponse.getDefaultInstance();
        });
  }

  @Override
  public void nodeGetVolumeStats(
      NodeGetVolumeStatsRequest request, StreamObserver<NodeGetVolumeStatsResponse> caller) {
    answers.answer(
        caller,
        () ->
            stats(
                volumes.usage(
                    Requests.required("volume_id", request.getVolumeId()),
                    Path.of(Requests.required("volume_path", request.getVolumePath())))));
  }

  @Override
  public void nodeExpandVolume(
      NodeExpandVolumeRequest request, StreamObserver<NodeExpandVolumeResponse> caller) {
    answers.answerAlone(
        caller,
        request.getVolumeId(),
        () -> {
          long sizeBytes =
              volumes.expand(
                  Requests.required("volume_id", request.getVolumeId()),
                  Path.of(Requests.required("volume_path", request.getVolumePath())),
                  Requests.size(request.getCapacityRange()).requiredBytes());
          return NodeExpandVolumeResponse.newBuilder().setCapacityBytes(sizeBytes).build();
        });
  }

  private static VolumeUse use(boolean given, VolumeCapability capability) {
    if (!given) {
      throw CsiFailure.invalid("volume_capability is missing");
    }
    return Requests.use(capability);
  }

  /** Absolute and without detours. */
  private static Path path(String field, String text) {
    Path path = Path.of(Requests.required(field, text));
    if (!path.isAbsolute() || path.getNameCount() == 0) {
      throw CsiFailure.invalid(field + " \"" + text + "\" is not an absolute path to mount on");
    }
    return path.normalize();
  }

  private static NodeGetVolumeStatsResponse stats(Usage usage) {
    var response = NodeGetVolumeStatsResponse.newBuilder();
    switch (usage) {
      case Usage.OfBlock block ->
          response.addUsage(
              VolumeUsage.newBuilder()
                  .setUnit(VolumeUsage.Unit.BYTES)
                  .setTotal(block.totalBytes()));
      case Usage.OfFilesystem files ->
          response
              .addUsage(
                  VolumeUsage.newBuilder()
                      .setUnit(VolumeUsage.Unit.BYTES)
                      .setTotal(files.totalBytes())
                      .setUsed(files.usedBytes())
                      .setAvailable(files.availableBytes()))
              .addUsage(
                  VolumeUsage.newBuilder()
                      .setUnit(VolumeUsage.Unit.INODES)
                      .setTotal(files.totalInodes())
                      .setUsed(files.usedInodes())
                      .setAvailable(files.freeInodes()));
    }
    return response.build();
  }
}
