package io.millrace.engine.core;

import java.lang.foreign.Arena;

/** A recovered store at work: its parts, and the order in which a poll goes through them. */
final class Serving {
  private static final long NONE_YET = -1;

  /** Of the maps, that may leave memory in one poll. */
  private static final int CHUNKS_PER_POLL = 32;

  final StoreOptions options;
  final Disk disk;
  final Health health;
  final Clock clock;
  final Arena arena;
  final Superblock superblock;
  final Checksum checksum;
  final SegmentTable table;
  final Namespace namespace;
  final Blocks blocks;
  final AnswerQueue answers;
  final StagingRing ring;
  final Space space;
  final PageCache cache;
  final Pacing pacing;
  final Committer committer;
  final Resolver resolver;
  final Durability durability;
  final Reader reader;
  final ExtentReader extents;
  final Writer writer;
  final Commander commander;
  final Reclaimer reclaimer;
  final Cleaner cleaner;
  final Checkpointer checkpointer;
  final Scrubber scrubber;

  /** Is told of what takes long. */
  Watcher watcher = Watcher.NONE;

  private final Housekeeping housekeeping;
  private final StagingReport staging;
  private long nowNanos;
  private long flushes;
  private boolean closing;
  private boolean closed;
  private long closeTag;
  private long checkpointsAtClose = NONE_YET;
  private boolean lastSync;

  Serving(
      Recovery.Loaded loaded,
      StoreOptions options,
      Disk disk,
      Health health,
      Clock clock,
      Arena arena,
      AnswerQueue answers) {
    this.options = options;
    this.disk = disk;
    this.health = health;
    this.clock = clock;
    this.arena = arena;
    this.answers = answers;
    superblock = loaded.superblock();
    checksum = loaded.checksum();
    table = loaded.table();
    table.passOverMax(options.tuning().passOverMax());
    namespace = loaded.namespace();
    blocks = loaded.blocks();
    namespace.hints.budget(options.mapBytesMax());
    staging = loaded.staging().report();
    ring = loaded.staging().begin(superblock, arena);
    space = new Space(table, namespace, options);
    cache = new PageCache(table, arena, options.cacheBytes());
    pacing = new Pacing(disk, options);
    committer = new Committer(this, loaded.lastLsn(), loaded.lastCrc());
    resolver = new Resolver(committer, namespace);
    durability = new Durability(this, loaded.lastLsn());
    reader = new Reader(this);
    extents = new ExtentReader(this);
    writer = new Writer(this);
    commander = new Commander(this);
    reclaimer = new Reclaimer(this);
    cleaner = new Cleaner(this, loaded.nextRelocation());
    checkpointer = new Checkpointer(this, loaded);
    housekeeping = new Housekeeping(this);
    scrubber = new Scrubber(this);
    nowNanos = clock.nanos();
  }

  long now() {
    return nowNanos;
  }

  /** Goes once through everything that may have become possible. */
  long poll() {
    nowNanos = clock.nanos();
    pacing.look(nowNanos);
    committer.durable(durability.durableLsn());
    writer.pump(nowNanos);
    commander.pump(checkpointer.waitsForCut(), nowNanos);
    long wait = committer.pump(nowNanos);
    durability.pump();
    reader.pump();
    extents.pump();
    boolean more = !health.stopped() && background();
    more |= makeRoomForMaps();
    more |= !health.stopped() && !closing && scrubber.step(nowNanos);
    more |= close();
    pacing.look(nowNanos);
    return more ? 0 : Math.min(Math.min(wait, nextShare()), Math.min(nextSweep(), nextScrub()));
  }

  /** When writers or the cleaner may have more of the disk. */
  private long nextShare() {
    long writers = writer.waitsForRoom() ? committer.admitsIn(nowNanos) : Long.MAX_VALUE;
    return health.stopped() ? Long.MAX_VALUE : Math.min(writers, cleaner.admittedIn(nowNanos));
  }

  /** Leaves that nobody asks for go; whether more could at once. */
  private boolean makeRoomForMaps() {
    long enough = writer.waitsForMaps() ? 0 : space.mapBytesEnough();
    if (namespace.cells.budgetedBytes() <= enough) {
      return false;
    }
    boolean exhausted = namespace.pages.exhausted();
    namespace.pages.shrink(checkpointer.front(), CHUNKS_PER_POLL, enough);
    // Once more when that was all: others go by it.
    return namespace.cells.budgetedBytes() > enough && !exhausted;
  }

  private long nextScrub() {
    return health.stopped() || closing ? Long.MAX_VALUE : scrubber.dueIn(nowNanos);
  }

  /** A checkpoint that reads the maps polls by itself when it is done. */
  private long nextSweep() {
    boolean waits = health.stopped() || checkpointer.readsMaps();
    return waits ? Long.MAX_VALUE : reclaimer.dueIn(nowNanos);
  }

  private boolean background() {
    boolean more = false;
    boolean starved = starved();
    boolean hurry = starved || writer.waitsForRoom() || !space.admits();
    for (int i = 0; i < options.tuning().stepsPerPoll(); i++) {
      more |= reclaimer.step(!checkpointer.readsMaps(), hurry, nowNanos);
    }
    Supply supply = housekeeping.supply();
    boolean cleaning = (!closing || starved) && housekeeping.wantsCleaning(starved, supply);
    if (closing) {
      pacing.lift(nowNanos);
    } else {
      pacing.set(supply, cleaning, nowNanos);
    }
    more |= cleaner.step(cleaning, starved);
    if (checkpointer.idle()
        && (!closing || starved || writer.waitsForSpace())
        && housekeeping.wantsCheckpoint(starved, supply)) {
      checkpointer.start(housekeeping.checkpointNeed(starved));
    }
    more |= checkpointer.pump();
    if (starved && !more && housekeeping.hopeless()) {
      writer.giveUp(nowNanos);
      commander.giveUp();
    }
    return more;
  }

  /** Requests wait because no segment can be taken. */
  private boolean starved() {
    return committer.starved() && (writer.waitsForRoom() || commander.waitsForRoom());
  }

  long loggedBytes() {
    return committer.loggedBytes + cleaner.loggedBytes;
  }

  LogPosition logPosition() {
    return new LogPosition(superblock.uuid(), durability.durableLsn(), table.nextSequence());
  }

  /** Finishes what was begun, then writes a checkpoint, then answers. */
  void close(long tag) {
    closing = true;
    closeTag = tag;
  }

  boolean closing() {
    return closing;
  }

  boolean closed() {
    return closed;
  }

  private boolean quiet() {
    return writer.idle()
        && reader.idle()
        && extents.idle()
        && scrubber.idle()
        && !commander.waitsForRoom()
        && commander.idle()
        && committer.idle()
        && (cleaner.idle() || cleaner.stuck())
        && !durability.hasWaiters();
  }

  /** Goes on with an orderly end; whether it can go on at once. */
  private boolean close() {
    if (!closing || closed) {
      return false;
    }
    if (health.stopped()) {
      return disk.idle() && closed(Errno.EIO);
    }
    committer.sealAll();
    if (checkpointsAtClose == NONE_YET) {
      return beginLastCheckpoint();
    }
    if (checkpointer.checkpoints == checkpointsAtClose && checkpointer.idle() && !lastSync) {
      syncInstead();
    }
    boolean ended = checkpointer.checkpoints > checkpointsAtClose || lastSync;
    return ended && disk.idle() && closed(0);
  }

  private boolean beginLastCheckpoint() {
    boolean begins = quiet() && checkpointer.idle();
    if (begins) {
      checkpointsAtClose = checkpointer.checkpoints;
      if (checkpointer.fits()) {
        checkpointer.start(housekeeping.checkpointNeed(false));
      }
    }
    return begins;
  }

  /** A store that is too full for a checkpoint is opened from its log. */
  private void syncInstead() {
    lastSync = true;
    disk.sync(_ -> {});
  }

  private boolean closed(int errno) {
    closed = true;
    answers.add(closeTag, errno);
    return false;
  }

  /** Throws when the maps, the live bits and the layers do not agree. */
  void check() {
    new Check(this).run();
  }

  /**
   * Deleted blocks are still being freed, or leaves can leave memory, so that there may be room
   * soon.
   */
  boolean spaceMayReturn(long mapGrowth) {
    return !health.stopped() && (!reclaimer.idle() || housekeeping.checkpointMayHelp(mapGrowth));
  }

  /** Answered when all that was answered before is durable. */
  void flush(long tag) {
    flushes++;
    durability.await(committer.flush(), tag, null);
  }

  StoreStats stats() {
    return new StoreStats(
        writer.writes,
        writer.writeBytes,
        reader.reads,
        reader.readBytes,
        flushes,
        writer.zeroBytes,
        disk.writes,
        disk.writeBytes,
        disk.reads,
        disk.readBytes,
        disk.syncs,
        committer.commits,
        cleaner.relocatedBlocks * Bytes.PAGE,
        cleaner.segmentsCleaned,
        commander.clones,
        reader.checksumErrors + writer.checksumErrors + cleaner.checksumErrors,
        table.allocatable() + table.reclaimable(),
        table.segments() - SegmentTable.FIRST,
        namespace.cells.usedBytes(),
        checkpointer.checkpoints,
        reader.blocksStaged,
        reader.blocksCached,
        reader.blocksFromDisk);
  }

  StoreLevels levels() {
    return new StoreLevels(
        committer.shares.bytes(),
        committer.shares.bytesMax(),
        writer.waiting(),
        reader.waiting(),
        disk.outstanding(),
        (long) housekeeping.supply().debt() * table.geometry.segmentBytes(),
        committer.lastLsn(),
        durability.durableLsn(),
        table.nextSequence());
  }

  StoreInfo info(long recoveryNanos) {
    return StoreInfo.of(superblock, namespace, space).opened(recoveryNanos, staging);
  }
}
