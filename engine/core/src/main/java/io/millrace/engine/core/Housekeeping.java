package io.millrace.engine.core;

/** When to clean and when to checkpoint, by how well the store is off: see {@link Supply}. */
final class Housekeeping {
  /** One of the user stream, one of the cleaner's: they are never full. */
  private static final int OPEN_SEGMENTS = 2;

  /** When the maps are full: by so much less log than is usual between two. */
  private static final int CHECKPOINT_SHARE_MIN = 64;

  private final Serving serving;
  private final SegmentTable table;
  private final Space space;
  private Supply supply = Supply.NONE;

  Housekeeping(Serving serving) {
    this.serving = serving;
    table = serving.table;
    space = serving.space;
  }

  /** How well the store is off: the same object as long as it is no other. */
  Supply supply() {
    int atHand = table.allocatable();
    int soon = atHand + reclaimable();
    int toLeave = space.leaveForRecords();
    int packable = packable();
    int checkpoint = space.checkpointSegments();
    if (!supply.is(atHand, soon, toLeave, packable, checkpoint)) {
      supply = new Supply(table.segments(), atHand, soon, toLeave, packable, checkpoint);
    }
    return supply;
  }

  private int packable() {
    return table.inUse() - space.segmentsWhenPacked() - OPEN_SEGMENTS;
  }

  boolean wantsCleaning(boolean starved, Supply supply) {
    return starved ? supply.packable() >= 1 : supply.wantsCleaning();
  }

  boolean wantsCheckpoint(boolean starved, Supply supply) {
    if (!serving.checkpointer.fits()) {
      return false;
    }
    int gain = reclaimable();
    if (starved && gain > 0) {
      return gain >= 4 || cleanerRests();
    }
    if (starved && serving.namespace.cells.partials() > 0) {
      return cleanerRests();
    }
    if (supply.wantsCheckpoint()) {
      return true;
    }
    return mapsNeedCheckpoint() || logged() >= serving.options.checkpointBytes();
  }

  private long logged() {
    return serving.loggedBytes() - serving.checkpointer.loggedBytesAtCut();
  }

  /**
   * Leaves can leave memory only when a checkpoint has them as they are; and of partial ones it is
   * not known what they have replaced.
   */
  private boolean mapsNeedCheckpoint() {
    Cells cells = serving.namespace.cells;
    boolean waits = serving.writer.waitsForMaps();
    boolean full = (space.mapsFull() || waits) && serving.namespace.pages.exhausted();
    boolean unsure = cells.partials() > 0 && (!space.admits() || serving.writer.waitsForSpace());
    long least = waits ? 1 : serving.options.checkpointBytes() / CHECKPOINT_SHARE_MIN;
    return unsure || (full && logged() >= least);
  }

  /** Room that is not there may be made, or found, by a checkpoint. */
  boolean checkpointMayHelp(long mapGrowth) {
    boolean underWay = !serving.checkpointer.idle();
    boolean canLeave = underWay || logged() > 0 || !serving.namespace.pages.exhausted();
    boolean may = underWay || serving.checkpointer.fits();
    boolean maps = !space.mapsAdmit(mapGrowth) && canLeave;
    return may && (maps || serving.namespace.cells.partials() > 0);
  }

  /** What a checkpoint has to keep of the last one depends on that too. */
  KeptChunks.Need checkpointNeed(boolean starved) {
    if (starved) {
      return KeptChunks.Need.STARVED;
    }
    boolean easy = table.allocatable() > supply().brakeMark() + space.checkpointSegments();
    return easy && space.checkpointExcess() == 0 ? KeptChunks.Need.EASY : KeptChunks.Need.TIGHT;
  }

  /** Segments that the next checkpoint makes available, roughly. */
  private int reclaimable() {
    return table.reclaimable() + space.checkpointExcess();
  }

  private boolean cleanerRests() {
    return serving.cleaner.idle() || serving.cleaner.stuck();
  }

  /** Nothing that could make room is under way or possible. */
  boolean hopeless() {
    return cleanerRests()
        && serving.checkpointer.idle()
        && serving.reclaimer.idle()
        && serving.committer.idle()
        && !table.reserveHasReaders()
        && table.writesUnderWay() == 0
        && (!serving.checkpointer.fits()
            || (reclaimable() == 0 && serving.namespace.cells.partials() == 0));
  }
}
