package io.millrace.csi.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.csi.proto.CapacityRange;
import io.millrace.csi.proto.ControllerExpandVolumeRequest;
import io.millrace.csi.proto.ControllerGrpc;
import io.millrace.csi.proto.ControllerGrpc.ControllerBlockingStub;
import io.millrace.csi.proto.CreateSnapshotRequest;
import io.millrace.csi.proto.CreateVolumeRequest;
import io.millrace.csi.proto.DeleteSnapshotRequest;
import io.millrace.csi.proto.DeleteVolumeRequest;
import io.millrace.csi.proto.GetCapacityRequest;
import io.millrace.csi.proto.GetCapacityResponse;
import io.millrace.csi.proto.NodeExpandVolumeRequest;
import io.millrace.csi.proto.NodeGetVolumeStatsRequest;
import io.millrace.csi.proto.NodeGetVolumeStatsResponse;
import io.millrace.csi.proto.NodeGrpc;
import io.millrace.csi.proto.NodeGrpc.NodeBlockingStub;
import io.millrace.csi.proto.NodePublishVolumeRequest;
import io.millrace.csi.proto.NodeStageVolumeRequest;
import io.millrace.csi.proto.NodeUnpublishVolumeRequest;
import io.millrace.csi.proto.NodeUnstageVolumeRequest;
import io.millrace.csi.proto.Snapshot;
import io.millrace.csi.proto.Volume;
import io.millrace.csi.proto.VolumeCapability;
import io.millrace.csi.proto.VolumeCapability.AccessMode.Mode;
import io.millrace.csi.proto.VolumeContentSource;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.function.Executable;

/** Kubernetes, as far as one node's driver sees it: the same calls in the same order. */
final class Client {
  static final long MIB = 1L << 20;

  private final Node node;
  private final ControllerBlockingStub controller;
  private final NodeBlockingStub plugin;

  Client(Node node) {
    this(
        node, ControllerGrpc.newBlockingStub(node.channel), NodeGrpc.newBlockingStub(node.channel));
  }

  private Client(Node node, ControllerBlockingStub controller, NodeBlockingStub plugin) {
    this.node = node;
    this.controller = controller;
    this.plugin = plugin;
  }

  /** One that has so little time, for one call to the node. */
  Client hurried(long seconds) {
    return new Client(node, controller, plugin.withDeadlineAfter(seconds, TimeUnit.SECONDS));
  }

  /** Like the kubelet, which comes again while an earlier call runs. */
  void awaitStaged(Volume volume, VolumeCapability use) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(60);
    while (true) {
      try {
        stage(volume, use);
        return;
      } catch (StatusRuntimeException e) {
        assertEquals(Status.Code.ABORTED, e.getStatus().getCode());
        assertTrue(Instant.now().isBefore(end), "still not staged: " + e.getMessage());
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  static VolumeCapability block(Mode mode) {
    return VolumeCapability.newBuilder()
        .setBlock(VolumeCapability.BlockVolume.getDefaultInstance())
        .setAccessMode(VolumeCapability.AccessMode.newBuilder().setMode(mode))
        .build();
  }

  static VolumeCapability mounted(String filesystem, Mode mode) {
    return VolumeCapability.newBuilder()
        .setMount(VolumeCapability.MountVolume.newBuilder().setFsType(filesystem))
        .setAccessMode(VolumeCapability.AccessMode.newBuilder().setMode(mode))
        .build();
  }

  static VolumeContentSource sourceOf(Snapshot snapshot) {
    return VolumeContentSource.newBuilder()
        .setSnapshot(
            VolumeContentSource.SnapshotSource.newBuilder().setSnapshotId(snapshot.getSnapshotId()))
        .build();
  }

  static VolumeContentSource sourceOf(Volume volume) {
    return VolumeContentSource.newBuilder()
        .setVolume(VolumeContentSource.VolumeSource.newBuilder().setVolumeId(volume.getVolumeId()))
        .build();
  }

  Volume create(String name, long sizeBytes, VolumeCapability use) {
    return create(name, sizeBytes, use, VolumeContentSource.getDefaultInstance());
  }

  Volume create(String name, long sizeBytes, VolumeCapability use, VolumeContentSource source) {
    return create(name, sizeBytes, use, source, Map.of());
  }

  Volume create(
      String name,
      long sizeBytes,
      VolumeCapability use,
      VolumeContentSource source,
      Map<String, String> parameters) {
    var request =
        CreateVolumeRequest.newBuilder()
            .setName(name)
            .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(sizeBytes))
            .addVolumeCapabilities(use)
            .putAllParameters(parameters);
    if (source.getTypeCase() != VolumeContentSource.TypeCase.TYPE_NOT_SET) {
      request.setVolumeContentSource(source);
    }
    return controller.createVolume(request.build()).getVolume();
  }

  Snapshot snapshot(String name, Volume volume) {
    return controller
        .createSnapshot(
            CreateSnapshotRequest.newBuilder()
                .setName(name)
                .setSourceVolumeId(volume.getVolumeId())
                .build())
        .getSnapshot();
  }

  void delete(Volume volume) {
    var _ =
        controller.deleteVolume(
            DeleteVolumeRequest.newBuilder().setVolumeId(volume.getVolumeId()).build());
  }

  void delete(Snapshot snapshot) {
    var _ =
        controller.deleteSnapshot(
            DeleteSnapshotRequest.newBuilder().setSnapshotId(snapshot.getSnapshotId()).build());
  }

  /** Stages and publishes; the path that a workload sees. */
  Path bring(Volume volume, VolumeCapability use) {
    stage(volume, use);
    return publish(volume, use, "pod-1", false);
  }

  void stage(Volume volume, VolumeCapability use) {
    var _ =
        plugin.nodeStageVolume(
            NodeStageVolumeRequest.newBuilder()
                .setVolumeId(volume.getVolumeId())
                .setStagingTargetPath(staging(volume).toString())
                .setVolumeCapability(use)
                .putAllVolumeContext(volume.getVolumeContextMap())
                .build());
  }

  Path publish(Volume volume, VolumeCapability use, String pod, boolean readOnly) {
    Path target = target(volume, pod);
    var _ =
        plugin.nodePublishVolume(
            NodePublishVolumeRequest.newBuilder()
                .setVolumeId(volume.getVolumeId())
                .setStagingTargetPath(staging(volume).toString())
                .setTargetPath(target.toString())
                .setVolumeCapability(use)
                .setReadonly(readOnly)
                .build());
    return target;
  }

  void takeAway(Volume volume) {
    unpublish(volume, "pod-1");
    unstage(volume);
  }

  void unpublish(Volume volume, String pod) {
    var _ =
        plugin.nodeUnpublishVolume(
            NodeUnpublishVolumeRequest.newBuilder()
                .setVolumeId(volume.getVolumeId())
                .setTargetPath(target(volume, pod).toString())
                .build());
  }

  void unstage(Volume volume) {
    var _ =
        plugin.nodeUnstageVolume(
            NodeUnstageVolumeRequest.newBuilder()
                .setVolumeId(volume.getVolumeId())
                .setStagingTargetPath(staging(volume).toString())
                .build());
  }

  /** Both sides, as the resizer and the kubelet do it. */
  void expand(Volume volume, long sizeBytes, VolumeCapability use, Path path) {
    var range = CapacityRange.newBuilder().setRequiredBytes(sizeBytes);
    var grown =
        controller.controllerExpandVolume(
            ControllerExpandVolumeRequest.newBuilder()
                .setVolumeId(volume.getVolumeId())
                .setCapacityRange(range)
                .setVolumeCapability(use)
                .build());
    assertEquals(use.hasMount(), grown.getNodeExpansionRequired());
    if (grown.getNodeExpansionRequired()) {
      var _ =
          plugin.nodeExpandVolume(
              NodeExpandVolumeRequest.newBuilder()
                  .setVolumeId(volume.getVolumeId())
                  .setVolumePath(path.toString())
                  .setCapacityRange(range)
                  .setVolumeCapability(use)
                  .build());
    }
  }

  NodeGetVolumeStatsResponse stats(Volume volume, Path path) {
    return plugin.nodeGetVolumeStats(
        NodeGetVolumeStatsRequest.newBuilder()
            .setVolumeId(volume.getVolumeId())
            .setVolumePath(path.toString())
            .build());
  }

  GetCapacityResponse capacity() {
    return controller.getCapacity(GetCapacityRequest.getDefaultInstance());
  }

  /** Space returns in the background. */
  void awaitCapacity(long bytes) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(60);
    while (capacity().getAvailableCapacity() < bytes) {
      assertTrue(Instant.now().isBefore(end), "space did not return: " + capacity());
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  Path staging(Volume volume) {
    return node.folder.resolve("staging-" + volume.getVolumeId());
  }

  private Path target(Volume volume, String pod) {
    return node.folder.resolve("pods").resolve(pod).resolve(volume.getVolumeId());
  }

  /** The message of the refusal. */
  static String refused(Status.Code code, Executable call) {
    var failure = assertThrows(StatusRuntimeException.class, call);
    assertEquals(code, failure.getStatus().getCode(), failure.getStatus().getDescription());
    return String.valueOf(failure.getStatus().getDescription());
  }
}
