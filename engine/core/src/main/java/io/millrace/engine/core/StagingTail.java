package io.millrace.engine.core;

import java.util.Optional;

/**
 * Goes on with the log where a killed process left it: writes the commits that it had staged, where
 * and as it would have written them.
 *
 * <p>So this may itself be killed anywhere: what is written already is found in the log next time,
 * the rest is still staged. A staged commit is taken only when it follows, by LSN and by the
 * checksum that it carries, the last one that the log holds; else the log is not the one that the
 * process was writing.
 */
final class StagingTail {
  private final Steps steps;
  private final Log log;
  private final Replay replay;
  private final StagingRing ring;
  private final long epoch;
  private Runnable whenTaken = () -> {};
  private long durableLsn;
  private Optional<String> damage = Optional.empty();
  private int taken;
  private String lost = "";

  /** What recovery has found so far. */
  record Log(LogScan scan, SegmentTable table, Namespace namespace, Checksum checksum) {}

  StagingTail(Steps steps, Log log, Replay replay, StagingRing ring, long epoch) {
    this.steps = steps;
    this.log = log;
    this.replay = replay;
    this.ring = ring;
    this.epoch = epoch;
  }

  /** Writes and replays what follows the log, then takes that step. */
  void takeThen(long durable, Runnable step) {
    durableLsn = durable;
    whenTaken = step;
    takeNext();
  }

  Optional<String> damage() {
    return damage;
  }

  StagingReport report() {
    return new StagingReport(true, taken, lost);
  }

  private void takeNext() {
    long lsn = replay.lastLsn() + 1;
    StagingPlace place = ring.find(lsn);
    if (place == null || (place.isEmpty() && !goesOn(lsn))) {
      lost = goesOn(lsn) ? "the log ends before it, at LSN " + replay.lastLsn() : "";
      whenTaken.run();
      return;
    }
    place.requireSound();
    Batch batch = batch(place);
    Optional<String> unfit = unfit(batch);
    if (unfit.isPresent()) {
      lost = unfit.get();
      whenTaken.run();
      return;
    }
    batch.seal(log.checksum);
    // Replayed before it is written: the log must not get what makes no sense.
    log.scan.add(batch);
    damage = replay.run(durableLsn);
    if (damage.isPresent()) {
      whenTaken.run();
      return;
    }
    steps.write(log.table.geometry.offset(batch.segment, batch.page), batch.image());
    steps.then(this::written);
  }

  private void written() {
    taken++;
    takeNext();
  }

  /** Whether something is staged with a higher LSN. */
  private boolean goesOn(long lsn) {
    for (int i = 0; i < ring.places(); i++) {
      if (ring.place(i).lsn() > lsn && !ring.place(i).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private Batch batch(StagingPlace place) {
    Batch batch = new Batch(place.room(), 0, false, (_, _) -> {});
    batch.epoch = epoch;
    batch.sequence = place.lsn();
    batch.durableLsn = place.durableLsn();
    batch.previousCrc = place.previousCrc();
    batch.segmentSequence = place.segmentSequence();
    batch.segment = place.segment();
    batch.page = place.page();
    batch.stream = LogHead.STREAM_USER;
    batch.recordBytes = place.recordBytes();
    batch.recordCount = place.recordCount();
    int[] slots = closeHole(place, batch);
    for (int slot : slots) {
      batch.add(log.namespace.requireLayer(place.layerId(slot)), place.address(slot));
    }
    return batch;
  }

  /** Moves the last block to the slot that was left over before it; gives the slots in use. */
  private static int[] closeHole(StagingPlace place, Batch batch) {
    int[] slots = place.blocks();
    int last = slots.length - 1;
    if (last < 0 || slots[last] == last) {
      return slots;
    }
    int from = slots[last];
    int hole = 0;
    while (slots[hole] == hole) {
      hole++;
    }
    batch.spare = hole;
    place.withdraw(hole);
    batch.copyToSpare(from);
    place.publish(hole, place.layerId(from), place.address(from));
    batch.spare = 0;
    return place.blocks();
  }

  private Optional<String> unfit(Batch batch) {
    Geometry geometry = log.table.geometry;
    boolean inLog =
        batch.segment >= SegmentTable.FIRST
            && batch.segment < log.table.segments()
            && log.table.state[batch.segment] != SegmentTable.CHECKPOINT
            && batch.page + batch.pagesWhenSealed() <= geometry.usablePages();
    LogScan.Found found = inLog ? log.scan.found(batch.segment) : null;
    // A lower one is of commits that an earlier crash took back, and that only look like the log.
    boolean notUsedSince = found == null || found.sequence() <= batch.segmentSequence;
    boolean follows = batch.previousCrc == replay.lastCrc();
    return inLog && notUsedSince && follows
        ? Optional.empty()
        : Optional.of(
            "commit %d for segment %d page %d does not follow the log's last"
                .formatted(batch.sequence, batch.segment, batch.page));
  }
}
