package io.millrace.engine.daemon.meter;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.Clock;
import io.millrace.engine.core.Store;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The meters of a store: one per volume that was ever served, kept until the volume is deleted.
 *
 * <p>Reactor thread only. A reading is a copy, so that other threads can take their time with it.
 */
public final class Meters {
  private final Clock clock;
  private final DiskMeter disk;
  private final Map<Long, VolumeMeter> volumes = new TreeMap<>();
  private final MeterSet<RequestKind> all = new MeterSet<>(RequestKind.class);
  private final VolumeMeter snapshots = new VolumeMeter(all);

  public Meters(Clock clock, DiskMeter disk) {
    this.clock = clock;
    this.disk = disk;
  }

  /** By which latencies are told. */
  public long nanos() {
    return clock.nanos();
  }

  /** Of the volume, for a front that begins to serve it; the same for all fronts. */
  public VolumeMeter of(long volumeId) {
    return volumes.computeIfAbsent(volumeId, _ -> new VolumeMeter(all));
  }

  /**
   * Of all snapshots together, for a front that serves them: they are counted with the requests of
   * all, and none has a reading of its own, since there can be so many.
   */
  public VolumeMeter ofSnapshots() {
    return snapshots;
  }

  /** As of now; forgets volumes that are deleted. */
  public Readings read(Store store) {
    Map<Long, String> names = new HashMap<>();
    for (Catalog.Volume volume : store.catalog().volumes()) {
      names.put(volume.id(), volume.name());
    }
    volumes.entrySet().removeIf(e -> !names.containsKey(e.getKey()) && e.getValue().idle());
    List<Readings.OfVolume> read = new ArrayList<>(volumes.size());
    volumes.forEach(
        (id, meter) ->
            read.add(
                new Readings.OfVolume(
                    id,
                    names.getOrDefault(id, ""),
                    meter.read(),
                    store.stalledNanos(id),
                    store.stalledWrites(id))));
    return new Readings(nanos(), store.stats(), store.levels(), read, all.read(), disk.read());
  }
}
