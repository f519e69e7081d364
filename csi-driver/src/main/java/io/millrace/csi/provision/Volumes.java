package io.millrace.csi.provision;

import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import io.millrace.csi.volume.Handle;
import io.millrace.csi.volume.Placement;
import io.millrace.csi.volume.Room;
import io.millrace.csi.volume.SizeRange;
import io.millrace.csi.volume.VolumeLimits;
import io.millrace.csi.volume.VolumeRequest;
import io.millrace.csi.volume.VolumeRequest.Empty;
import io.millrace.csi.volume.VolumeRequest.OfSnapshot;
import io.millrace.csi.volume.VolumeRequest.OfVolume;
import io.millrace.csi.volume.VolumeRequest.Source;
import io.millrace.engine.api.Acknowledge;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.ListVolumesResponse;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.Volume;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Making, finding, growing and deleting volumes: the controller's use cases.
 *
 * <p>Stateless; the engine is the only memory, so a driver that is killed at any line answers the
 * repeated call as if nothing had happened. Callers keep two operations on one name or id apart.
 */
public final class Volumes {
  static final Pattern PAGE_TOKEN = Pattern.compile("(?:[0-9a-f]{16})?");

  private final EngineClient engine;

  public Volumes(EngineClient engine) {
    this.engine = engine;
  }

  /** A volume and the store it lies in: what a handle and a topology are made of. */
  public record Located(String storeUuid, Volume volume) {
    public Handle handle() {
      return new Handle(storeUuid, volume.getId());
    }
  }

  /** One page. */
  public record Page(String storeUuid, ListVolumesResponse list) {}

  /** A volume that is there already keeps the way in which it acknowledges, and its limits. */
  public Located create(VolumeRequest wanted, boolean durable, VolumeLimits limits) {
    Store store = engine.servingStore();
    wanted.placement().require(store.getUuid());
    Seed seed = seed(wanted.source(), store.getUuid());
    // Before the source is looked up: it may be gone since the volume was made of it.
    Optional<Volume> existing = engine.volumeNamed(wanted.name());
    if (existing.isPresent()) {
      return new Located(store.getUuid(), confirm(existing.get(), wanted, seed));
    }
    long sizeBytes = chooseSize(wanted, seed);
    wanted.requireRoomForFilesystem(sizeBytes);
    Room.require(store.getUuid(), wanted.name(), sizeBytes, store.getFreeBytes());
    return new Located(
        store.getUuid(),
        engine.createVolume(
            seed.request(wanted.name(), sizeBytes)
                .setAcknowledge(durable ? Acknowledge.DURABLE : Acknowledge.STAGED)
                .setIops(limits.iops())
                .setBytesPerSecond(limits.bytesPerSecond())
                .setWeight(limits.weight())
                .build()));
  }

  /** A text that is no handle names nothing, so there is nothing to delete. */
  public void delete(String handleText) {
    Optional<Handle> handle = Handle.parse(handleText);
    if (handle.isPresent()) {
      requireHere(handle.get(), engine.servingStore());
      engine.deleteVolume(handle.get().objectId());
    }
  }

  public Located get(String handleText) {
    Store store = engine.servingStore();
    return find(handleText, store)
        .orElseThrow(
            () -> CsiFailure.notFound("no volume " + handleText + " in store " + store.getUuid()));
  }

  /** The size afterwards; never shrinks. */
  public long grow(String handleText, SizeRange size) {
    Volume volume = get(handleText).volume();
    if (size.admits(volume.getSizeBytes())) {
      return volume.getSizeBytes();
    }
    if (size.requiredBytes() < volume.getSizeBytes()) {
      throw new CsiFailure(
          Kind.OUT_OF_RANGE,
          "volume "
              + handleText
              + " has "
              + volume.getSizeBytes()
              + " bytes, more than limit_bytes "
              + size.limitBytes()
              + ": a volume can't shrink");
    }
    return engine.growVolume(volume.getId(), size.sizeOfNew()).getSizeBytes();
  }

  public Page list(int maxEntries, String startingToken) {
    requirePage(maxEntries, startingToken);
    Store store = engine.servingStore();
    return new Page(store.getUuid(), engine.listVolumes(maxEntries, startingToken));
  }

  /** Bytes free for the data of new volumes at this place; 0 where this store isn't. */
  public long freeBytes(Placement placement) {
    Store store = engine.servingStore();
    return placement.admits(store.getUuid()) ? store.getFreeBytes() : 0;
  }

  static void requirePage(int maxEntries, String startingToken) {
    if (maxEntries < 0) {
      throw CsiFailure.invalid("max_entries is negative: " + maxEntries);
    }
    if (!PAGE_TOKEN.matcher(startingToken).matches()) {
      throw new CsiFailure(
          Kind.ABORTED, "starting_token \"" + startingToken + "\" is not one of ours: list anew");
    }
  }

  private Optional<Located> find(String handleText, Store store) {
    return Handle.parse(handleText)
        .filter(handle -> handle.storeUuid().equals(store.getUuid()))
        .flatMap(handle -> engine.volume(handle.objectId()))
        .map(volume -> new Located(store.getUuid(), volume));
  }

  static void requireHere(Handle handle, Store store) {
    if (!handle.storeUuid().equals(store.getUuid())) {
      throw new CsiFailure(
          Kind.UNAVAILABLE,
          handle
              + " lies in another store than "
              + store.getUuid()
              + ", which this controller serves");
    }
  }

  /** The ids of the source in the engine; empty strings where there is none. */
  private record Seed(String snapshotId, String volumeId) {
    boolean grew(Volume volume) {
      return volume.getSourceSnapshotId().equals(snapshotId)
          && volume.getSourceVolumeId().equals(volumeId);
    }

    CreateVolumeRequest.Builder request(String name, long sizeBytes) {
      return CreateVolumeRequest.newBuilder()
          .setName(name)
          .setSizeBytes(sizeBytes)
          .setSourceSnapshotId(snapshotId)
          .setSourceVolumeId(volumeId);
    }
  }

  private static Seed seed(Source source, String storeUuid) {
    return switch (source) {
      case Empty() -> new Seed("", "");
      case OfSnapshot(String text) -> new Seed(sourceHere(text, storeUuid).objectId(), "");
      case OfVolume(String text) -> new Seed("", sourceHere(text, storeUuid).objectId());
    };
  }

  private static Handle sourceHere(String text, String storeUuid) {
    Handle handle = Handle.parse(text).orElseThrow(() -> noSource(text));
    if (!handle.storeUuid().equals(storeUuid)) {
      throw new CsiFailure(
          Kind.RESOURCE_EXHAUSTED,
          "the source " + text + " lies in another store; this controller serves " + storeUuid);
    }
    return handle;
  }

  private static CsiFailure noSource(String text) {
    return CsiFailure.notFound("the source " + text + " does not exist");
  }

  private long chooseSize(VolumeRequest wanted, Seed seed) {
    return switch (wanted.source()) {
      case Empty() -> wanted.size().sizeOfNew();
      case OfSnapshot(String text) ->
          wanted
              .size()
              .sizeOfClone(
                  engine
                      .snapshot(seed.snapshotId())
                      .orElseThrow(() -> noSource(text))
                      .getSizeBytes());
      case OfVolume(String text) ->
          wanted
              .size()
              .sizeOfClone(
                  engine.volume(seed.volumeId()).orElseThrow(() -> noSource(text)).getSizeBytes());
    };
  }

  private static Volume confirm(Volume existing, VolumeRequest wanted, Seed seed) {
    if (!wanted.size().admits(existing.getSizeBytes())) {
      throw taken(
          existing, "has " + existing.getSizeBytes() + " bytes, wanted was " + wanted.size());
    }
    if (!seed.grew(existing)) {
      throw taken(existing, "has another source than the wanted " + wanted.source());
    }
    return existing;
  }

  private static CsiFailure taken(Volume existing, String why) {
    return new CsiFailure(
        Kind.ALREADY_EXISTS, "volume " + existing.getName() + " exists and " + why);
  }
}
