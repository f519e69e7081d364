package io.millrace.engine.core;

/**
 * When to clean and when to checkpoint: as late as can be, because blocks die by themselves
 * meanwhile, but before writers run out of segments.
 */
final class Housekeeping {
  /** One of the user stream, one of the cleaner's: they are never full. */
  private static final int OPEN_SEGMENTS = 2;

  private final Serving serving;
  private final SegmentTable table;
  private final Space space;

  Housekeeping(Serving serving) {
    this.serving = serving;
    table = serving.table;
    space = serving.space;
  }

  /** Free segments, now or after a checkpoint, below which the cleaner works. */
  private int cleaningMark() {
    return space.leaveForRecords() + 4 + Math.max(2, table.segments() / 32);
  }

  /** Segments at hand below which a checkpoint is to bring more. */
  private int checkpointMark() {
    return space.leaveForRecords() + 4;
  }

  /** Only when that could empty segments: else the last few dead blocks would go round for ever. */
  boolean wantsCleaning(boolean starved) {
    boolean low = table.allocatable() + reclaimable() < cleaningMark();
    int packable = table.inUse() - space.segmentsWhenPacked() - OPEN_SEGMENTS;
    return starved ? packable >= 1 : low && packable >= Math.max(2, table.segments() / 32);
  }

  boolean wantsCheckpoint(boolean starved) {
    if (!serving.checkpointer.fits()) {
      return false;
    }
    int gain = reclaimable();
    if (starved && gain > 0) {
      return gain >= 4 || cleanerRests();
    }
    if (table.allocatable() <= checkpointMark() && gain > space.checkpointSegments()) {
      return true;
    }
    long logged = serving.loggedBytes() - serving.checkpointer.loggedBytesAtCut();
    return logged >= serving.options.checkpointBytes();
  }

  /** What a checkpoint has to keep of the last one depends on that too. */
  KeptChunks.Need checkpointNeed(boolean starved) {
    if (starved) {
      return KeptChunks.Need.STARVED;
    }
    boolean easy = table.allocatable() > checkpointMark() + space.checkpointSegments();
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
        && (reclaimable() == 0 || !serving.checkpointer.fits());
  }
}
