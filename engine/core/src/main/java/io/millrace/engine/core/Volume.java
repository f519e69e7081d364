package io.millrace.engine.core;

/** A volume as commands have left it; its top layer is where its writes go. */
final class Volume {
  final long id;
  final String name;
  final long createdUnixMillis;
  final long sourceSnapshotId;
  final long sourceVolumeId;
  long sizeBytes;

  /** Where writes end: below the size while the volume is being shrunk. */
  long writableBytes;

  Layer top;

  /** A write is answered when it is durable. */
  boolean durable;

  Limits limits;
  final Stall stall = new Stall();

  Volume(Records.VolumeCreated created, Layer top) {
    id = created.volumeId();
    name = created.name();
    createdUnixMillis = created.createdUnixMillis();
    sourceSnapshotId = created.sourceSnapshotId();
    sourceVolumeId = created.sourceVolumeId();
    sizeBytes = created.sizeBytes();
    writableBytes = sizeBytes;
    durable = (created.flags() & Records.FLAG_DURABLE) != 0;
    limits = created.limits();
    this.top = top;
  }

  /** Nothing was ever written to it or to what it was cloned from. */
  boolean isBlank() {
    for (Layer layer = top; layer != null; layer = layer.parent) {
      if (layer.touched || !layer.map.empty()) {
        return false;
      }
    }
    return true;
  }

  Catalog.Volume view() {
    return new Catalog.Volume(
        id,
        name,
        sizeBytes,
        sourceSnapshotId,
        sourceVolumeId,
        createdUnixMillis,
        top.map.blocks(),
        durable,
        limits);
  }

  /** As a checkpoint holds it: with the top layer, whose parent the layer itself names. */
  Records.VolumeCreated record() {
    return new Records.VolumeCreated(
        id,
        top.id,
        0,
        sizeBytes,
        createdUnixMillis,
        sourceSnapshotId,
        sourceVolumeId,
        name,
        durable ? Records.FLAG_DURABLE : 0,
        limits);
  }
}
