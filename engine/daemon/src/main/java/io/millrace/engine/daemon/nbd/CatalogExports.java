package io.millrace.engine.daemon.nbd;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.daemon.ObjectId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.Supplier;

/** The volumes and snapshots of a store as exports. Reactor thread only. */
final class CatalogExports implements Exports {
  private final Supplier<Catalog> catalog;
  private final LongPredicate attached;
  private final Supplier<Optional<String>> noRoom;

  /**
   * @param attached whether a volume has a block device; it is read-only here then
   */
  CatalogExports(
      Supplier<Catalog> catalog, LongPredicate attached, Supplier<Optional<String>> noRoom) {
    this.catalog = catalog;
    this.attached = attached;
    this.noRoom = noRoom;
  }

  @Override
  public List<Export> all() {
    Catalog now = catalog.get();
    List<Export> all = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (Catalog.Volume v : now.volumes()) {
      taken.add(v.name());
      all.add(export(v));
    }
    now.snapshots().forEach(s -> all.add(export(s, taken.contains(s.name()))));
    return all;
  }

  @Override
  public Optional<Export> find(String name) {
    Catalog now = catalog.get();
    Optional<ObjectId> id = ObjectId.parse(name);
    return now.volume(name)
        .or(() -> id.flatMap(i -> now.volume(i.value())))
        .map(this::export)
        .or(() -> snapshot(now, name).map(s -> export(s, now.volume(s.name()).isPresent())));
  }

  @Override
  public OptionalLong snapshot(String name) {
    return snapshot(catalog.get(), name)
        .map(s -> OptionalLong.of(s.id()))
        .orElse(OptionalLong.empty());
  }

  @Override
  public List<String> snapshotsOf(Export export) {
    Catalog now = catalog.get();
    long volume = now.snapshot(export.id()).map(Catalog.Snapshot::volumeId).orElse(export.id());
    long source = now.volume(volume).map(Catalog.Volume::sourceSnapshotId).orElse(0L);
    return now.snapshots().stream()
        .filter(s -> s.id() != export.id() && (s.volumeId() == volume || s.id() == source))
        .map(Catalog.Snapshot::name)
        .toList();
  }

  @Override
  public Optional<String> noRoom() {
    return noRoom.get();
  }

  private static Optional<Catalog.Snapshot> snapshot(Catalog now, String name) {
    return now.snapshot(name)
        .or(() -> ObjectId.parse(name).flatMap(id -> now.snapshot(id.value())));
  }

  private Export export(Catalog.Volume v) {
    boolean device = attached.test(v.id());
    String description = device ? "volume, read-only: it has a block device" : "volume";
    return new Export(v.id(), v.name(), description, v.sizeBytes(), device);
  }

  /**
   * @param shadowed a volume has its name, too
   */
  private static Export export(Catalog.Snapshot s, boolean shadowed) {
    String name = shadowed ? new ObjectId(s.id()).toString() : s.name();
    String description = "snapshot of volume " + new ObjectId(s.volumeId());
    return new Export(s.id(), name, description, s.sizeBytes(), true);
  }
}
