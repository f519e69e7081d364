package io.millrace.csi.provision;

import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.Handle;
import io.millrace.engine.api.ListSnapshotsResponse;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.Store;
import java.util.List;
import java.util.Optional;

/** Taking, finding and deleting snapshots. Stateless, as {@link Volumes} is. */
public final class Snapshots {
  private final EngineClient engine;

  public Snapshots(EngineClient engine) {
    this.engine = engine;
  }

  /** A snapshot and the store it lies in. */
  public record Located(String storeUuid, Snapshot snapshot) {
    public Handle handle() {
      return new Handle(storeUuid, snapshot.getId());
    }

    public Handle sourceHandle() {
      return new Handle(storeUuid, snapshot.getVolumeId());
    }
  }

  /** One page; the token is empty at the end. */
  public record Page(List<Located> snapshots, String nextToken) {
    static final Page NONE = new Page(List.of(), "");

    public Page {
      snapshots = List.copyOf(snapshots);
    }
  }

  /** The engine keeps names apart: the same name on the same volume is the same snapshot. */
  public Located create(String name, String volumeHandleText) {
    Store store = engine.servingStore();
    Handle volume =
        Handle.parse(volumeHandleText)
            .orElseThrow(
                () ->
                    CsiFailure.notFound(
                        "no volume " + volumeHandleText + " to take a snapshot of"));
    Volumes.requireHere(volume, store);
    return new Located(store.getUuid(), engine.createSnapshot(name, volume.objectId()));
  }

  public void delete(String handleText) {
    Optional<Handle> handle = Handle.parse(handleText);
    if (handle.isPresent()) {
      Volumes.requireHere(handle.get(), engine.servingStore());
      engine.deleteSnapshot(handle.get().objectId());
    }
  }

  public Located get(String handleText) {
    Store store = engine.servingStore();
    return find(handleText, store)
        .orElseThrow(
            () ->
                CsiFailure.notFound("no snapshot " + handleText + " in store " + store.getUuid()));
  }

  /** Filters that name nothing of ours give an empty page, not an error. */
  public Page list(
      int maxEntries, String startingToken, Optional<String> snapshot, Optional<String> volume) {
    Volumes.requirePage(maxEntries, startingToken);
    Store store = engine.servingStore();
    if (snapshot.isPresent()) {
      return new Page(find(snapshot.get(), store).stream().toList(), "");
    }
    Optional<String> volumeId = volume.map(text -> idHere(text, store).orElse(""));
    if (volumeId.isPresent() && volumeId.get().isEmpty()) {
      return Page.NONE;
    }
    ListSnapshotsResponse list =
        engine.listSnapshots(maxEntries, startingToken, volumeId.orElse(""));
    var snapshots =
        list.getSnapshotsList().stream().map(each -> new Located(store.getUuid(), each)).toList();
    return new Page(snapshots, list.getNextPageToken());
  }

  private Optional<Located> find(String handleText, Store store) {
    return idHere(handleText, store)
        .flatMap(engine::snapshot)
        .map(snapshot -> new Located(store.getUuid(), snapshot));
  }

  private static Optional<String> idHere(String handleText, Store store) {
    return Handle.parse(handleText)
        .filter(handle -> handle.storeUuid().equals(store.getUuid()))
        .map(Handle::objectId);
  }
}
