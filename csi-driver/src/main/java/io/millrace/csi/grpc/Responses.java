package io.millrace.csi.grpc;

import com.google.protobuf.Timestamp;
import io.millrace.csi.proto.ListSnapshotsResponse;
import io.millrace.csi.proto.ListVolumesResponse;
import io.millrace.csi.proto.Snapshot;
import io.millrace.csi.proto.Topology;
import io.millrace.csi.proto.Volume;
import io.millrace.csi.proto.VolumeContentSource;
import io.millrace.csi.provision.Snapshots;
import io.millrace.csi.provision.Volumes;
import io.millrace.csi.volume.Handle;
import io.millrace.csi.volume.Placement;

/** From our words to those of CSI. Pure. */
final class Responses {
  private Responses() {}

  static Volume volume(Volumes.Located located) {
    var volume = located.volume();
    var response =
        Volume.newBuilder()
            .setVolumeId(located.handle().toString())
            .setCapacityBytes(volume.getSizeBytes())
            .addAccessibleTopology(topology(located.storeUuid()));
    if (!volume.getSourceSnapshotId().isEmpty()) {
      var id = new Handle(located.storeUuid(), volume.getSourceSnapshotId()).toString();
      response.setContentSource(
          VolumeContentSource.newBuilder()
              .setSnapshot(VolumeContentSource.SnapshotSource.newBuilder().setSnapshotId(id)));
    } else if (!volume.getSourceVolumeId().isEmpty()) {
      var id = new Handle(located.storeUuid(), volume.getSourceVolumeId()).toString();
      response.setContentSource(
          VolumeContentSource.newBuilder()
              .setVolume(VolumeContentSource.VolumeSource.newBuilder().setVolumeId(id)));
    }
    return response.build();
  }

  static ListVolumesResponse volumes(Volumes.Page page) {
    var response = ListVolumesResponse.newBuilder().setNextToken(page.list().getNextPageToken());
    for (var volume : page.list().getVolumesList()) {
      response.addEntries(
          ListVolumesResponse.Entry.newBuilder()
              .setVolume(volume(new Volumes.Located(page.storeUuid(), volume))));
    }
    return response.build();
  }

  /** Ready at once: a snapshot copies nothing. */
  static Snapshot snapshot(Snapshots.Located located) {
    var snapshot = located.snapshot();
    return Snapshot.newBuilder()
        .setSnapshotId(located.handle().toString())
        .setSourceVolumeId(located.sourceHandle().toString())
        .setSizeBytes(snapshot.getSizeBytes())
        .setCreationTime(time(snapshot.getCreatedUnixMillis()))
        .setReadyToUse(true)
        .build();
  }

  static ListSnapshotsResponse snapshots(Snapshots.Page page) {
    var response = ListSnapshotsResponse.newBuilder().setNextToken(page.nextToken());
    for (var snapshot : page.snapshots()) {
      response.addEntries(ListSnapshotsResponse.Entry.newBuilder().setSnapshot(snapshot(snapshot)));
    }
    return response.build();
  }

  static Topology topology(String storeUuid) {
    return Topology.newBuilder().putAllSegments(Placement.of(storeUuid)).build();
  }

  private static Timestamp time(long unixMillis) {
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(unixMillis, 1000L))
        .setNanos((int) Math.floorMod(unixMillis, 1000L) * 1_000_000)
        .build();
  }
}
