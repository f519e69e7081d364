package io.millrace.engine.core;

/** The end of a {@link Command}. */
public sealed interface CommandResult {
  /** The volume as it is now; durable. */
  record VolumeDone(Catalog.Volume volume) implements CommandResult {}

  /** The snapshot; durable. */
  record SnapshotDone(Catalog.Snapshot snapshot) implements CommandResult {}

  /** The object is gone; durable. */
  record Gone() implements CommandResult {}

  /** Nothing was changed. */
  record Refused(StoreError error) implements CommandResult {}
}
