package io.millrace.engine.daemon.meter;

import io.millrace.engine.core.StoreLevels;
import io.millrace.engine.core.StoreStats;
import java.util.List;

/**
 * All meters of a store at one moment.
 *
 * @param takenNanos by the clock of the meters
 * @param requests of all volumes, deleted ones and snapshots too
 */
public record Readings(
    long takenNanos,
    StoreStats stats,
    StoreLevels levels,
    List<OfVolume> volumes,
    List<Reading> requests,
    List<Reading> disk) {

  /**
   * One volume.
   *
   * @param stalledNanos in which at least one of its writes waited for room in the store
   * @param writesWaiting for room now
   */
  public record OfVolume(
      long id, String name, List<Reading> requests, long stalledNanos, long writesWaiting) {}
}
