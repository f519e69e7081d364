package io.millrace.engine.daemon.nbd;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What there is to be served now. */
interface Exports {
  /** Volumes, then snapshots. */
  List<Export> all();

  /** By the name or id of a volume or a snapshot, asked for in that order. */
  Optional<Export> find(String name);

  /** The id of a snapshot, by name or id. */
  OptionalLong snapshot(String name);

  /** The names of the snapshots that were taken of it, or of what it was taken of. */
  List<String> snapshotsOf(Export export);

  /** Why nobody else can be served now; empty when somebody can. */
  Optional<String> noRoom();
}
