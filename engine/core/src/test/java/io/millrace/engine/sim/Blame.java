package io.millrace.engine.sim;

import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreAudit;
import java.util.BitSet;

/**
 * What the store may fail at because of what its disk did, judged by place: only a block that lies
 * on a damaged page, or whose map does, may be lost, only damaged structure may make it refuse,
 * only a failed write or sync, or a damaged map, may stop it.
 */
final class Blame {
  private static final long SECTORS_PER_BLOCK = Medium.BLOCK_BYTES / Stamp.SECTOR_BYTES;

  private final SimStorage storage;
  private final Medium medium;
  private final Faults faults;
  private final Model model;
  private long stopsAtOpening;
  private boolean opening;

  Blame(SimStorage storage, Medium medium, Faults faults, Model model) {
    this.storage = storage;
    this.medium = medium;
    this.faults = faults;
    this.model = model;
  }

  /** A store begins to recover. */
  void opens() {
    opening = true;
    storage.forgetMisreads();
    stopsAtOpening = faults.stops();
  }

  /** What it has found is known and is durable: older damage can take nothing more away. */
  void settled() {
    opening = false;
    storage.acceptDamage();
  }

  /** Up to which event the store may tell that all is durable. */
  long promised() {
    return opening ? keptAtLeast() : model.floor();
  }

  /** Up to which event all that was promised must be there after a crash. */
  long keptAtLeast() {
    return faults.corrupted() ? storage.keptAtLeast(model.floor()) : model.floor();
  }

  /** A command that was answered may be lost although all up to the last flush is there. */
  boolean forLostCommand() {
    return faults.corrupted() && storage.isDamagedSince(model.floor());
  }

  /** A write or sync was told to have failed since the opening, or a map that is needed is lost. */
  boolean forStop() {
    return faults.stops() > stopsAtOpening || mapsAreDamaged();
  }

  private boolean mapsAreDamaged() {
    BitSet damaged = storage.damagedBlocks();
    StoreAudit.Layout layout = damaged.isEmpty() ? null : StoreAudit.layout(medium.honest());
    return layout != null && damaged.intersects(layout.maps());
  }

  /** Something is lost or was: room, too, may be lost with it. */
  boolean forAnything() {
    return forStop() || faults.corrupted();
  }

  /** Structure is damaged, or can't be read; or what may be structure can't be read. */
  boolean forRefusal() {
    if (forStop()) {
      return true;
    }
    BitSet damaged = storage.damagedBlocks();
    StoreAudit.Layout layout = damaged.isEmpty() ? null : StoreAudit.layout(medium.honest());
    if (layout == null) {
      return false;
    }
    BitSet unreadable = storage.unreadableBlocks();
    unreadable.andNot(layout.data());
    damaged.and(layout.structure());
    return !unreadable.isEmpty() || !damaged.isEmpty();
  }

  /** Nothing is damaged at rest, so that another attempt must go well. */
  boolean passes() {
    return medium.damagedBlocks().isEmpty();
  }

  /** How many reads have failed or come wrong: a request asks again at its end. */
  long misreads() {
    return faults.reads();
  }

  /**
   * Whether one of these sectors may be unreadable.
   *
   * @param misreadsBefore of when the request began
   */
  boolean forEio(Store store, long volumeId, long sector, long sectors, long misreadsBefore) {
    if (faults.reads() > misreadsBefore) {
      return true;
    }
    if (!faults.corrupted()) {
      return false;
    }
    BitSet damaged = storage.damagedBlocks();
    long last = (sector + sectors - 1) / SECTORS_PER_BLOCK;
    for (long block = sector / SECTORS_PER_BLOCK; block <= last; block++) {
      if (StoreAudit.isOn(store, volumeId, block, damaged, medium.current())) {
        return true;
      }
    }
    return false;
  }
}
