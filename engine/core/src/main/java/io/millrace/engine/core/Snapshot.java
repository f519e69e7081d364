package io.millrace.engine.core;

/** A name for a frozen layer. */
record Snapshot(
    long id, String name, long volumeId, long sizeBytes, long createdUnixMillis, Layer layer) {
  Catalog.Snapshot view() {
    return new Catalog.Snapshot(id, name, volumeId, sizeBytes, createdUnixMillis);
  }

  Records.SnapshotCreated record() {
    return new Records.SnapshotCreated(id, volumeId, layer.id, sizeBytes, createdUnixMillis, name);
  }
}
