package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * From a disk to a state that can serve: superblock → root → checkpoint → log → what was staged →
 * next epoch.
 *
 * <p>Writes again what counts and is perhaps in a cache only, then the next epoch, and nothing
 * else: so it may be cut short anywhere and begun again. Each step submits its reads or writes and
 * names the step that follows when all have ended.
 */
final class Recovery {
  private final Disk disk;
  private final long storageBytes;
  private final Manner manner;
  private final PageBuffer[] pages = new PageBuffer[2];
  private final Staging staging;
  private final Steps steps;
  private int staleSuperblock;
  private int staleRoot;
  private @Nullable String damage;
  private @Nullable Loaded loaded;

  private @Nullable Work work;

  /**
   * What recovery hands to {@link Serving}.
   *
   * @param replayedBytes log since the checkpoint, which the next one makes good
   */
  record Loaded(
      Superblock superblock,
      Checksum checksum,
      SegmentTable table,
      Namespace namespace,
      Blocks blocks,
      long lastLsn,
      int lastCrc,
      long checkpointNumber,
      long nextRelocation,
      long replayedBytes,
      Rebuilt rebuilt,
      Staging staging) {}

  /** What a rebuild placed; zeros when there was none. */
  record Rebuilt(long blocks, long bySummary) {}

  /**
   * How to go about it.
   *
   * @param readOnly writes nothing: nobody may serve the state that is found
   * @param rebuilding makes the maps from live slots and commit headers, and reads none
   */
  record Manner(boolean readOnly, boolean rebuilding) {
    static final Manner OPEN = new Manner(false, false);
    static final Manner LOOK = new Manner(true, false);
    static final Manner REBUILD = new Manner(false, true);
    static final Manner LOOK_REBUILT = new Manner(true, true);
  }

  Recovery(Disk disk, Arena arena, long storageBytes, Staging staging, Manner manner) {
    this.disk = disk;
    this.staging = staging;
    this.manner = manner;
    this.storageBytes = storageBytes;
    for (int i = 0; i < pages.length; i++) {
      pages[i] = new PageBuffer(arena, Bytes.PAGE);
    }
    steps = new Steps(disk, this::readSuperblocks);
  }

  /** Takes the next steps as far as nothing is under way. */
  void pump() {
    try {
      steps.pump();
    } catch (MapPages.Damaged missing) {
      damaged(missing.reason());
    } catch (RuntimeException impossible) {
      damaged("%s makes no sense: %s".formatted(where(), impossible.getMessage()));
    }
  }

  /** What is being taken in. */
  private String where() {
    Work w = work;
    if (w == null) {
      return "superblock";
    }
    Replay replay = w.replay;
    if (replay != null) {
      return replay.where();
    }
    CheckpointReader checkpoint = w.checkpoint;
    return checkpoint == null ? "checkpoint root" : checkpoint.where();
  }

  /** Told when nothing is under way any more. */
  Optional<String> damage() {
    return steps.ended() ? Optional.ofNullable(damage) : Optional.empty();
  }

  @Nullable Loaded loaded() {
    return loaded;
  }

  // ---- superblock

  private void readSuperblocks() {
    readPage(Geometry.SUPERBLOCK_A, 0);
    readPage(Geometry.SUPERBLOCK_B, 1);
    steps.then(this::chooseSuperblock);
  }

  private void chooseSuperblock() {
    Superblock newest = null;
    for (int i = 0; i < pages.length; i++) {
      switch (Superblock.decode(pages[i])) {
        case Superblock.Found.Good good -> {
          Superblock s = good.superblock();
          if (newest == null || s.epoch() > newest.epoch()) {
            newest = s;
            staleSuperblock = 1 - i;
          }
        }
        case Superblock.Found.Refused refused -> {
          damaged("superblock: " + refused.reason());
          return;
        }
        case Superblock.Found.Absent _ -> {}
      }
    }
    if (newest == null) {
      damaged("no superblock: neither copy is readable; format the store or check the path");
    } else if (newest.storeBytes() > storageBytes) {
      damaged(
          "the store was formatted for %d bytes, the disk has %d"
              .formatted(newest.storeBytes(), storageBytes));
    } else {
      begin(newest);
    }
  }

  private void begin(Superblock found) {
    work =
        new Work(
            found,
            steps,
            disk,
            manner.rebuilding ? CheckpointLoader.Maps.LOG : CheckpointLoader.Maps.INDEX);
    Optional<String> refused = staging.open(found);
    if (refused.isPresent()) {
      damaged("staging ring: " + refused.get());
      return;
    }
    readPage(Geometry.ROOT_A, 0);
    readPage(Geometry.ROOT_B, 1);
    steps.then(this::chooseRoot);
  }

  // ---- checkpoint

  private void chooseRoot() {
    Work w = work();
    Root newest = null;
    for (int i = 0; i < pages.length; i++) {
      Root root = Root.decode(pages[i], w.checksum);
      if (root != null && (newest == null || root.number() > newest.number())) {
        newest = root;
        staleRoot = 1 - i;
      }
    }
    if (newest == null) {
      damaged("checkpoint: neither root is readable");
      return;
    }
    w.root = newest;
    if (newest.directory().isEmpty()) {
      w.reserveOfEmptyStore();
      findLog();
      return;
    }
    readCheckpoint(w);
  }

  private void readCheckpoint(Work w) {
    w.checkpoint = new CheckpointReader(steps, w);
    w.checkpoint.readThen(this::checkpointLoaded);
  }

  private void checkpointLoaded() {
    Work w = work();
    Optional<String> refusal = w.checkpoint().damage();
    int kind = w.checkpoint().damagedKind();
    if (refusal.isPresent()
        && w.maps == CheckpointLoader.Maps.INDEX
        && (kind == Chunk.LIVE || kind == Chunk.INDEX)) {
      readMaps(w);
      return;
    }
    if (refusal.isPresent()) {
      damaged(refusal.get());
      return;
    }
    w.reserve = w.loader.reserve();
    if (manner.rebuilding) {
      w.blocks.rebuilding(true);
      w.rebuild = new Rebuild(steps, w, w.loader.live());
      w.rebuild.run(this::rebuilt);
    } else {
      w.loader.end();
      findLog();
    }
  }

  /** All chunks of the maps together say what live slots and index say. */
  private void readMaps(Work before) {
    Work w = new Work(before.superblock, steps, disk, CheckpointLoader.Maps.CHUNKS);
    w.root = before.root;
    work = w;
    readCheckpoint(w);
  }

  private void rebuilt() {
    Work w = work();
    Optional<String> refusal = w.rebuild().damage();
    if (refusal.isPresent()) {
      damaged(refusal.get());
    } else {
      w.blocks.countLive(w.namespace);
      findLog();
    }
  }

  // ---- log

  private void findLog() {
    Work w = work();
    w.noteNamed();
    w.table.sequenceAtLeast(w.root.nextSegmentSequence());
    w.namespace.idsFrom(w.root.nextId());
    w.log = new LogReader(steps, w, staging.tuning().scanAheadSegments());
    w.log.readThen(w.openSegments(), w.reserve, this::proveTail);
  }

  /**
   * Of commits that are known to be durable the data need not be read: they were whole once, and
   * each block is checked when it is read. The others may have been cut short.
   */
  private void proveTail() {
    Work w = work();
    LogReader log = w.log();
    if (log.damage().isPresent()) {
      damaged(log.damage().get());
      return;
    }
    TailReader.Visitor prover =
        (commit, read) -> {
          w.scan.prove(commit, read);
          return true;
        };
    long proven = Math.max(w.root.cutLsn(), w.durableLsn());
    new TailReader(steps, w.lanes, w.scan.behind(proven), prover, this::replay).run();
  }

  private void replay() {
    Work w = work();
    Replay replay = new Replay(w.scan, w.namespace, w.blocks, w.root, w.superblock);
    long durable = w.durableLsn();
    w.replay = replay;
    w.blocks.replaying(true);
    Optional<String> bad = replay.run(durable);
    if (bad.isPresent()) {
      damaged(bad.get());
    } else {
      takeStaged(replay, durable);
    }
  }

  private void takeStaged(Replay replay, long durable) {
    Work w = work();
    Optional<StagingRing> left = staging.left();
    if (left.isEmpty()) {
      settle();
      return;
    }
    StagingTail.Log log = new StagingTail.Log(w.scan, w.table, w.namespace, w.checksum);
    StagingTail tail = new StagingTail(steps, log, replay, left.get(), w.superblock.epoch());
    tail.takeThen(durable, () -> stagedTaken(tail));
  }

  private void stagedTaken(StagingTail tail) {
    if (tail.damage().isPresent()) {
      damaged(tail.damage().get());
    } else {
      staging.taken(tail.report());
      settle();
    }
  }

  /** The log is at its end: what follows from it. */
  private void settle() {
    Work w = work();
    Replay replay = java.util.Objects.requireNonNull(w.replay);
    w.blocks.replaying(false);
    w.settleSegments(w.log(), replay);
    w.settleLayers();
    Findings findings = new Findings();
    new TreeCheck(w.namespace, findings).run();
    if (findings.damages() > 0) {
      damaged(findings.kept().getFirst().toString());
      return;
    }
    w.lastLsn = replay.lastLsn();
    w.lastCrc = replay.lastCrc();
    w.unproven = replay.unproven();
    w.replayedBytes = replay.bytes();
    if (manner.readOnly) {
      finish();
    } else {
      rewriteTail();
    }
  }

  /**
   * Writes again, in place, what no sync is known to cover. After a sync that failed, a cache may
   * go on showing data that it will never write; a later sync that succeeds proves nothing of it.
   */
  private void rewriteTail() {
    Work w = work();
    Runnable then = () -> steps.syncThen(this::writeChosen);
    new TailReader(steps, w.lanes, w.unproven, this::rewriteCommit, then).run();
  }

  /** Data that can't be read stay as they are: an error of that block, as they were before. */
  private boolean rewriteCommit(CommitHeader.Fields commit, PageByPage read) {
    Work w = work();
    BitSet missing = w.scan.missing(read.buffer, commit, read.unreadable());
    if (missing.get(commit.page())) {
      damaged(
          "commit %d in segment %d page %d is no longer what was read there before"
              .formatted(commit.sequence(), commit.segment(), commit.page()));
      return false;
    }
    int end = commit.page() + commit.pages();
    for (int page = commit.page(); page < end; page = missing.nextClearBit(page)) {
      int bad = missing.nextSetBit(page);
      int to = bad < 0 ? end : Math.min(end, bad);
      steps.write(
          w.table.geometry.offset(commit.segment(), page), read.buffer.pages(page, to - page));
      page = to;
    }
    return true;
  }

  // ---- epoch

  /**
   * First what counts is written again where it stands: it may be in a cache only, after a sync
   * that failed. Then the copies that are older or bad; so a crash leaves a good one at any moment.
   */
  private void writeChosen() {
    Work w = work();
    w.superblock.encode(pages[0]);
    w.root.encode(pages[1], w.checksum);
    writePage(0, superblockAt(1 - staleSuperblock));
    writePage(1, rootAt(1 - staleRoot));
    steps.then(() -> steps.syncThen(this::writeEpoch));
  }

  private void writeEpoch() {
    Work w = work();
    long highest = Math.max(w.scan.highestEpoch(), w.superblock.epoch());
    w.epoch = w.superblock.opened(highest + 1, w.lastLsn, w.lastCrc);
    w.epoch.encode(pages[0]);
    writePage(0, superblockAt(staleSuperblock));
    writePage(1, rootAt(staleRoot));
    steps.then(() -> steps.syncThen(this::writeSecondEpoch));
  }

  private void writeSecondEpoch() {
    writePage(0, superblockAt(1 - staleSuperblock));
    steps.then(() -> steps.syncThen(this::finish));
  }

  private static int superblockAt(int copy) {
    return copy == 0 ? Geometry.SUPERBLOCK_A : Geometry.SUPERBLOCK_B;
  }

  private static int rootAt(int copy) {
    return copy == 0 ? Geometry.ROOT_A : Geometry.ROOT_B;
  }

  private void finish() {
    Work w = work();
    loaded =
        new Loaded(
            w.epoch,
            w.checksum,
            w.table,
            w.namespace,
            w.blocks,
            w.lastLsn,
            w.lastCrc,
            w.root.number(),
            Math.max(w.root.nextRelocation(), w.scan.highestRelocation() + 1),
            w.replayedBytes,
            w.rebuilt(),
            staging);
    work = null;
  }

  // ---- steps' tools

  private Work work() {
    Work w = work;
    if (w == null) {
      throw new IllegalStateException("no superblock yet");
    }
    return w;
  }

  private void readPage(int page, int into) {
    MemorySegment to = pages[into].memory;
    to.fill((byte) 0);
    steps.read(
        (long) page * Bytes.PAGE,
        to,
        errno -> {
          if (errno != 0) {
            // What can't be read is not there; the other copy may be.
            to.fill((byte) 0);
          }
        });
  }

  private void writePage(int from, int page) {
    steps.write((long) page * Bytes.PAGE, pages[from].memory);
  }

  private void damaged(String reason) {
    damage = reason;
    steps.stop();
  }

  /** What is gathered once the superblock is known. */
  static final class Work {
    final Superblock superblock;
    final Checksum checksum;
    final SegmentTable table;
    final Namespace namespace = new Namespace();
    final Blocks blocks;
    final CheckpointLoader.Maps maps;
    final CheckpointLoader loader;
    final LogScan scan;
    final PageBuffer buffer;
    final Lanes lanes;
    Root root = Root.empty(0);
    Superblock epoch;
    int[] reserve = new int[0];
    @Nullable Rebuild rebuild;
    @Nullable LogReader log;
    @Nullable CheckpointReader checkpoint;
    @Nullable Replay replay;

    /**
     * The segments that the checkpoint's maps point to. What replaced their last block is in the
     * log alone, and leaves that have not been read name it still: none is written before the next
     * checkpoint.
     */
    final BitSet named = new BitSet();

    long lastLsn;
    int lastCrc;
    long replayedBytes;
    ArrayDeque<CommitHeader.Fields> unproven = new ArrayDeque<>();

    Work(Superblock superblock, Steps steps, Disk disk, CheckpointLoader.Maps maps) {
      // Given back when recovery has ended.
      Arena arena = Arena.ofAuto();
      this.superblock = superblock;
      epoch = superblock;
      checksum = superblock.checksum();
      table = new SegmentTable(superblock.geometry());
      blocks = new Blocks(table);
      this.maps = maps;
      loader = new CheckpointLoader(table, namespace, maps);
      namespace.pages.source(disk, checksum, table, blocks);
      scan = new LogScan(checksum, superblock.geometry());
      buffer = new PageBuffer(arena, superblock.segmentBytes());
      lanes = new Lanes(steps, superblock.geometry(), arena);
    }

    Rebuilt rebuilt() {
      Rebuild r = rebuild;
      return r == null ? new Rebuilt(0, 0) : new Rebuilt(r.placed(), r.bySummary());
    }

    /** The highest LSN that something on the disk says was durable. */
    long durableLsn() {
      return Math.max(superblock.recoveredLsn(), Math.max(root.durableLsn(), scan.durableLsn()));
    }

    void reserveOfEmptyStore() {
      reserve = new int[table.segments() - SegmentTable.FIRST];
      Arrays.setAll(reserve, i -> SegmentTable.FIRST + i);
    }

    /** The log has not been replayed yet. */
    void noteNamed() {
      for (int s = SegmentTable.FIRST; s < table.segments(); s++) {
        named.set(s, table.live[s] > 0);
      }
    }

    int[] openSegments() {
      int[] all = new int[table.segments()];
      int count = 0;
      for (int s = SegmentTable.FIRST; s < all.length; s++) {
        if (table.state[s] == SegmentTable.OPEN) {
          all[count++] = s;
        }
      }
      return Arrays.copyOf(all, count);
    }

    Rebuild rebuild() {
      return java.util.Objects.requireNonNull(rebuild);
    }

    CheckpointReader checkpoint() {
      return java.util.Objects.requireNonNull(checkpoint);
    }

    LogReader log() {
      return java.util.Objects.requireNonNull(log);
    }

    /** What the log has used is sealed; what it only spoilt may be used again. */
    void settleSegments(LogReader log, Replay replay) {
      table.sequenceAtLeast(scan.highestSequence() + 1);
      int[] segments = log.segments();
      for (int i = 0; i < segments.length; i++) {
        int segment = segments[i];
        LogScan.Found found = scan.found(segment);
        boolean holdsLog =
            replay.newestLsn(segment) > 0 || table.live[segment] > 0 || named.get(segment);
        if (found != null && holdsLog) {
          table.sequence[segment] = found.sequence();
          table.stream[segment] = (byte) found.stream();
          table.seal(
              segment, found.usedPages(), Math.max(replay.newestLsn(segment), root.cutLsn()));
        } else if (log.wasOpen(i)) {
          table.seal(segment, table.usedPages[segment], root.cutLsn());
        }
      }
      sealReferenced();
      table.reserve(reserve);
    }

    /** What maps point to is never written again, even when its headers can't be read. */
    private void sealReferenced() {
      for (int segment : reserve) {
        boolean needed = table.live[segment] > 0 || named.get(segment);
        if (table.state[segment] == SegmentTable.FREE && needed) {
          table.seal(segment, table.geometry.usablePages(), root.cutLsn());
        }
      }
    }

    void settleLayers() {
      for (Layer layer : namespace.layers.inOrder()) {
        layer.touched = !layer.map.empty();
        if (layer.mergedInto == null) {
          namespace.reconsider(layer);
        }
      }
    }
  }
}
