package io.millrace.engine.core;

import java.lang.foreign.Arena;

/** A recovered store at work: its parts, and the order in which a poll goes through them. */
final class Serving {
  /** Background steps in one poll: bounds how long a request waits behind them. */
  private static final int STEPS_PER_POLL = 4;

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
  final Space space;
  final PageCache cache;
  final Committer committer;
  final Resolver resolver;
  final Durability durability;
  final Reader reader;
  final Writer writer;
  final Commander commander;
  final Reclaimer reclaimer;

  private long nowNanos;
  private long flushes;

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
    namespace = loaded.namespace();
    blocks = loaded.blocks();
    space = new Space(table, namespace, options);
    cache = new PageCache(table, arena, options.cacheBytes());
    committer = new Committer(this, loaded.lastLsn());
    resolver = new Resolver(committer);
    durability = new Durability(disk, answers, health, loaded.lastLsn());
    reader = new Reader(this);
    writer = new Writer(this);
    commander = new Commander(this);
    reclaimer = new Reclaimer(this);
    nowNanos = clock.nanos();
  }

  long now() {
    return nowNanos;
  }

  /** Goes once through everything that may have become possible. */
  long poll() {
    nowNanos = clock.nanos();
    writer.pump(nowNanos);
    commander.pump(false, nowNanos);
    long wait = committer.pump(nowNanos);
    committer.durable(durability.durableLsn());
    durability.pump(committer.appliedLsn());
    reader.pump();
    return background() ? 0 : wait;
  }

  private boolean background() {
    boolean more = false;
    for (int i = 0; i < STEPS_PER_POLL; i++) {
      more = reclaimer.step(true);
    }
    return more;
  }

  /** Deleted blocks are still being freed, so that a full store may have room soon. */
  boolean spaceMayReturn() {
    return !reclaimer.idle();
  }

  /** Answered when all that was answered before is durable. */
  void flush(long tag) {
    flushes++;
    durability.await(committer.sealAll(), tag, null);
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
        0,
        0,
        commander.clones,
        0,
        reader.checksumErrors + writer.checksumErrors,
        table.count(SegmentTable.FREE) + table.emptiedCount(),
        table.segments() - SegmentTable.FIRST,
        namespace.cells.usedBytes(),
        0);
  }

  StoreInfo info(long recoveryNanos) {
    return new StoreInfo(
        superblock.uuid(),
        superblock.epoch(),
        space.capacityBlocks() * Bytes.PAGE,
        table.liveBlocks() * Bytes.PAGE,
        space.freeBlocks() * Bytes.PAGE,
        namespace.logicalBytes(),
        namespace.volumes.size(),
        namespace.snapshots.size(),
        recoveryNanos);
  }
}
