package io.millrace.engine.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Staging and the log of user writes: gathers blocks and records into commits, writes them, and
 * applies them to the maps strictly in LSN order.
 *
 * <p>One batch is open at a time and has its LSN and its place from the start. A block that is
 * written again while its batch is open takes no more room, which is not visible after a crash
 * because a commit survives whole or not at all. Once a batch holds a record it takes no more
 * blocks: within a commit, blocks come before records.
 */
final class Committer implements Batch.Written {
  private final StoreOptions options;
  private final Disk disk;
  private final Health health;
  private final Clock clock;
  private final SegmentTable table;
  private final Namespace namespace;
  private final Blocks blocks;
  private final Space space;
  private final Pacing pacing;
  private final Checksum checksum;
  private final long epoch;

  private final LogHead head;
  private final StagingRing ring;
  private final Batch[] batches;
  private final int[] newBlocks;
  private final long[] growth;
  private final int[] zeroedLeaves;
  private final int zeroedLeavesMax;
  private final long witnessDelayNanos;
  private final Batch[] free;
  private int freeCount;
  private final Batch[] inFlight;
  private int flightHead;
  private int flightSize;
  private @Nullable Batch open;
  private final StagedIndex index;
  final StagedShares shares;
  private final Throughput throughput;
  private final PendingZeros zeros = new PendingZeros();
  private final ZeroLeaves zeroLeaves;
  private final FlushHabit flushHabit = new FlushHabit();
  private final CommitTiming timing;

  private long lastLsn;
  private long appliedLsn;
  private int lastCrc;
  private int appliedCrc;
  private long durableLsn;
  private long sealWantedLsn;
  private long sealWhenIdleLsn;
  private long unappliedRecordsLsn;
  private boolean starved;

  /** The last block that was to be staged came before its time. */
  private boolean paced;

  private long committedBytes;
  private long committed;

  /** The last commit with something in it. */
  private long contentLsn;

  /** The last one without. */
  private long witnessLsn;

  /** Something that was written later tells that the log was durable up to here. */
  private long witnessedLsn;

  private long quietSinceNanos;

  /** Leaves that may still be zeroed in this poll. */
  private int leavesLeft;

  /** What is written, and next, can't be applied before leaves have come. */
  private boolean waitsForLeaves;

  long commits;
  long loggedBytes;

  Committer(Serving s, long lastLsn, int lastCrc) {
    options = s.options;
    disk = s.disk;
    health = s.health;
    clock = s.clock;
    table = s.table;
    namespace = s.namespace;
    blocks = s.blocks;
    space = s.space;
    pacing = s.pacing;
    checksum = s.checksum;
    epoch = s.superblock.epoch();
    this.lastLsn = lastLsn;
    this.appliedLsn = lastLsn;
    this.lastCrc = lastCrc;
    this.appliedCrc = lastCrc;
    leavesLeft = Integer.MAX_VALUE;
    contentLsn = lastLsn;
    witnessedLsn = lastLsn;
    quietSinceNanos = s.clock.nanos();
    head = new LogHead(table, disk, checksum, s.arena, LogHead.STREAM_USER);
    zeroLeaves = new ZeroLeaves(namespace);
    ring = s.ring;
    int count = ring.places();
    batches = new Batch[count];
    free = new Batch[count];
    inFlight = new Batch[count];
    newBlocks = new int[count];
    growth = new long[count];
    zeroedLeaves = new int[count];
    zeroedLeavesMax = options.tuning().zeroLeavesMax();
    witnessDelayNanos = options.tuning().quietNanos();
    shares = new StagedShares(Backlog.of(options));
    throughput = new Throughput(options.tuning().rateWindowNanos(), options.commitBytesMin());
    timing = CommitTiming.of(options);
    index = new StagedIndex(count * blocksMax(options, table.geometry));
    for (int i = 0; i < count; i++) {
      batches[i] = new Batch(ring.place(i).room(), i, false, this);
      free[freeCount++] = batches[i];
    }
  }

  static int blocksMax(StoreOptions options, Geometry geometry) {
    return Math.min(options.commitBytesMax() / Bytes.PAGE, geometry.usablePages() - 1);
  }

  // ---- what is staged

  /** The newest staged version of a block; {@link StagedIndex#ABSENT} when there is none. */
  int find(Layer layer, long address) {
    return layer.staged == 0 ? StagedIndex.ABSENT : index.find(layer, address);
  }

  /** Whether the block was zeroed after that version (or, without one, at all). */
  boolean zeroedSince(Layer layer, long address, int reference) {
    long from = reference < 0 ? 0 : batches[StagedIndex.batch(reference)].sequence;
    return zeros.hides(layer, address, from);
  }

  PageBuffer buffer(int reference) {
    return batches[StagedIndex.batch(reference)].buffer;
  }

  int at(int reference) {
    return batches[StagedIndex.batch(reference)].blockAt(StagedIndex.index(reference));
  }

  /** Whether that version can still be overwritten in place. */
  boolean inOpenBatch(int reference) {
    Batch batch = open;
    return batch != null && batch.recordCount == 0 && StagedIndex.batch(reference) == batch.number;
  }

  // ---- adding

  /** Makes room for one more block; false: wait. */
  boolean roomForBlock(Layer layer, int weight, long nowNanos) {
    starved = false;
    shares.forgetShare();
    return admitsBlock(layer, weight, nowNanos) && room(1, 0, space.leaveForRecords(), nowNanos);
  }

  /** The last block had no room because its layer has much of what may be staged already. */
  boolean hasItsShare() {
    return shares.hasItsShare();
  }

  /** Makes room for records of so many bytes in one commit; false: wait. */
  boolean roomForRecords(int bytes, long nowNanos) {
    return room(0, bytes, space.leaveForHolders(), nowNanos);
  }

  /** Makes room for a record that zeroes what is planned; {@code held}: room is kept for it. */
  boolean roomForZero(ZeroPlan plan, boolean held, long nowNanos) {
    if (zeros.isFull()) {
      return false;
    }
    if (!held && !space.leavesRoom(plan.growthBytes())) {
      starved = true;
      return false;
    }
    Batch batch = open;
    if (batch != null) {
      int leaves = zeroedLeaves[batch.number];
      if (leaves > 0 && leaves + plan.leaves() > zeroedLeavesMax) {
        close(batch);
      }
    }
    int leave = held ? space.leaveForCleaner() : space.leaveForHolders();
    return room(0, Records.ZEROED_BYTES, leave, nowNanos);
  }

  /** Keeps room for all records of a plan, each in a commit of its own; false: wait. */
  boolean hold(RoomHold hold, ZeroPlan plan) {
    int pages = plan.records();
    int segments = (pages + table.geometry.usablePages() - 1) / table.geometry.usablePages();
    starved = !hold.take(plan.growthBytes(), segments);
    return !starved;
  }

  private boolean room(int moreBlocks, int moreBytes, int segmentsToLeave, long nowNanos) {
    starved = false;
    if (health.stopped()) {
      return false;
    }
    Batch batch = open;
    if (batch != null && !takes(batch, moreBlocks, moreBytes)) {
      close(batch);
      batch = null;
    }
    if (batch != null) {
      return true;
    }
    if (freeCount == 0) {
      return false;
    }
    starved = !head.ready(lastLsn, segmentsToLeave);
    if (starved) {
      return false;
    }
    open(nowNanos);
    return true;
  }

  private boolean admitsBlock(Layer layer, int weight, long nowNanos) {
    paced = !health.stopped() && !pacing.admitsBlock(nowNanos);
    return !paced && !backlogFull(layer, weight);
  }

  /** The disk would take too long, or others lack room; an idle disk gets what there is. */
  private boolean backlogFull(Layer layer, int weight) {
    boolean full = shares.full(layer, weight);
    Batch batch = open;
    if (full && batch != null && flightSize == 0) {
      close(batch);
    }
    return full;
  }

  private boolean takes(Batch batch, int moreBlocks, int moreBytes) {
    return (moreBlocks == 0 || batch.recordCount == 0)
        && batch.fits(moreBlocks, moreBytes, head.pagesLeft());
  }

  private void open(long nowNanos) {
    Batch batch = free[--freeCount];
    batch.open(head, nowNanos);
    batch.epoch = epoch;
    batch.sequence = lastLsn + 1;
    batch.durableLsn = durableLsn;
    batch.previousCrc = lastCrc;
    ring.place(batch.number).open(batch);
    newBlocks[batch.number] = 0;
    growth[batch.number] = 0;
    zeroedLeaves[batch.number] = 0;
    open = batch;
  }

  /**
   * Where a block's content is to be put, before {@link #publish}; call {@link #roomForBlock}
   * before, unless the block is in the open batch.
   */
  int claim() {
    return claim(requireOpen());
  }

  private int claim(Batch batch) {
    ring.place(batch.number).withdraw(batch.spare);
    return StagedIndex.reference(batch.number, batch.spare);
  }

  /** What was put there is the block from now on. */
  void publish(Layer layer, long address, boolean comesToLife) {
    Batch batch = requireOpen();
    int old = find(layer, address);
    if (old >= 0 && StagedIndex.batch(old) == batch.number) {
      publish(batch, layer, address, batch.replace(StagedIndex.index(old)));
      return;
    }
    publish(batch, layer, address, batch.add(layer, address));
    shares.add(layer);
    pacing.staged(Bytes.PAGE);
    flushHabit.staged();
    layer.touched = true;
    if (comesToLife) {
      newBlocks[batch.number]++;
      space.staged(1, 0);
    }
  }

  private void publish(Batch batch, Layer layer, long address, int slot) {
    ring.place(batch.number).publish(slot, layer.id, address);
    index.put(layer, address, StagedIndex.reference(batch.number, slot));
  }

  void addZeroed(Layer layer, long first, ZeroPlan plan) {
    Batch batch = requireOpen();
    long count = plan.end() - first;
    batch.recordBytes =
        Records.encodeZeroed(batch.records, batch.recordBytes, layer.id, first, count);
    batch.recordCount++;
    ring.place(batch.number).publishRecords(batch.recordBytes, batch.recordCount);
    layer.touched = true;
    zeroedLeaves[batch.number] += plan.leaves();
    growth[batch.number] += plan.growthBytes();
    space.staged(0, plan.growthBytes());
    zeros.add(layer, first, count, batch.sequence);
    zeroLeaves.expect(layer, first, count);
  }

  /** Adds records of the catalog, all or none, and takes their effect at once. */
  void addRecords(List<Records> records) {
    Batch batch = requireOpen();
    for (Records record : records) {
      batch.recordBytes = Records.encode(record, batch.records, batch.recordBytes);
      batch.recordCount++;
      namespace.change(record);
    }
    ring.place(batch.number).publishRecords(batch.recordBytes, batch.recordCount);
    unappliedRecordsLsn = batch.sequence;
  }

  private Batch requireOpen() {
    Batch batch = open;
    if (batch == null) {
      throw new IllegalStateException("no batch is open");
    }
    return batch;
  }

  // ---- order and durability

  /** The same as {@link #sealAll}, for one who flushes. */
  long flush() {
    flushHabit.flushed();
    return sealAll();
  }

  /** The LSN that everything added so far has; wants it written without waiting for company. */
  long sealAll() {
    Batch batch = open;
    if (batch == null || batch.isEmpty()) {
      return lastLsn;
    }
    sealWantedLsn = batch.sequence;
    return batch.sequence;
  }

  /** The same; wants it written as soon as nothing is being written: meanwhile others join. */
  long sealWhenIdle() {
    Batch batch = open;
    if (batch == null || batch.isEmpty()) {
      return lastLsn;
    }
    sealWhenIdleLsn = batch.sequence;
    return batch.sequence;
  }

  long appliedLsn() {
    return appliedLsn;
  }

  /** The checksum of the header of the applied LSN. */
  int appliedCrc() {
    return appliedCrc;
  }

  long lastLsn() {
    return lastLsn;
  }

  /** Carried by the next commits as the highest LSN that is known to be durable. */
  void durable(long lsn) {
    durableLsn = lsn;
  }

  /** No record of the catalog is on its way to the maps. */
  boolean catalogSettled() {
    return appliedLsn >= unappliedRecordsLsn;
  }

  boolean idle() {
    return flightSize == 0 && (open == null || open.isEmpty());
  }

  /** The last attempt to go on found no segment. */
  boolean starved() {
    return starved;
  }

  /** The same, of an attempt before the last. */
  void starve() {
    starved = true;
  }

  /** Writers try again: they may wait for something else now than for their share of the disk. */
  void newTurn() {
    paced = false;
  }

  /** Nanoseconds until writers that wait for their share of the disk may go on. */
  long admitsIn(long nowNanos) {
    return paced ? pacing.writersDueIn(nowNanos) : Long.MAX_VALUE;
  }

  // ---- writing

  /** Closes the open batch when it is due; returns nanoseconds until it will be. */
  long pump(long nowNanos) {
    leavesLeft = zeroedLeavesMax;
    long appliedBefore = appliedLsn;
    applyComplete();
    long due = closeWhenDue(nowNanos);
    // What was applied has made room for writers, whose turn in this poll is over.
    long wait = appliedLsn > appliedBefore ? 0 : due;
    if (flightSize > 0) {
      quietSinceNanos = nowNanos;
      boolean appliesMore = inFlight[flightHead].complete && !waitsForLeaves && !health.stopped();
      return appliesMore ? 0 : wait;
    }
    return Math.min(wait, bearWitness(nowNanos));
  }

  /**
   * When nothing has come for a while, a commit without content tells how far the log is durable:
   * without it, damage to the last commits could not be told from the end of the log.
   *
   * @return nanoseconds until it will be due
   */
  private long bearWitness(long nowNanos) {
    Batch batch = open;
    boolean told = witnessedLsn >= Math.min(durableLsn, contentLsn);
    if (told || health.stopped() || (batch != null && !batch.isEmpty())) {
      quietSinceNanos = nowNanos;
      return Long.MAX_VALUE;
    }
    long quiet = nowNanos - quietSinceNanos;
    if (quiet < witnessDelayNanos) {
      return witnessDelayNanos - quiet;
    }
    quietSinceNanos = nowNanos;
    if (roomForRecords(0, nowNanos)) {
      seal(requireOpen());
    }
    return witnessDelayNanos;
  }

  /** Something else on the disk tells that the log is durable up to there. */
  void witnessed(long lsn) {
    witnessedLsn = Math.max(witnessedLsn, lsn);
  }

  long witnessLsn() {
    return witnessLsn;
  }

  private long closeWhenDue(long nowNanos) {
    Batch batch = open;
    if (batch == null || batch.isEmpty() || health.stopped()) {
      return Long.MAX_VALUE;
    }
    if (flightSize >= options.commitsInFlightMax()) {
      return Long.MAX_VALUE;
    }
    long age = nowNanos - batch.openedNanos;
    long nanosPerCommit = throughput.nanosPerPiece();
    long ageMax = timing.ageMax(nanosPerCommit);
    if (sealWantedLsn >= batch.sequence
        || age >= ageMax
        || (flightSize == 0
            && (sealWhenIdleLsn >= batch.sequence
                || flushHabit.flushIsNext()
                || (long) batch.count * Bytes.PAGE >= timing.bytesEnough(nanosPerCommit)))) {
      close(batch);
      return Long.MAX_VALUE;
    }
    return ageMax - age;
  }

  private void close(Batch batch) {
    open = null;
    if (batch.isEmpty()) {
      free(batch);
    } else {
      contentLsn = batch.sequence;
      seal(batch);
    }
  }

  private void seal(Batch batch) {
    open = null;
    witnessLsn = batch.isEmpty() ? batch.sequence : witnessLsn;
    lastLsn = batch.sequence;
    closeHole(batch);
    batch.durableLsn = durableLsn;
    ring.place(batch.number).seal(durableLsn);
    batch.seal(checksum);
    lastCrc = batch.headerCrc;
    head.advance(batch);
    table.writeBegins(batch.segment);
    inFlight[(flightHead + flightSize++) % inFlight.length] = batch;
    commits++;
    loggedBytes += (long) batch.pages() * Bytes.PAGE;
    look();
    batch.submit(disk, table.geometry);
  }

  /** How fast the disk is, and so how much may be staged. */
  private void look() {
    throughput.look(clock.nanos(), committedBytes, committed, flightSize > 0);
    shares.measured(throughput.bytesPerSecond());
  }

  /** Moves the last block to the slot that was left over, if that is not the last. */
  private void closeHole(Batch batch) {
    int last = batch.beyondSpare();
    if (last >= 0) {
      claim(batch);
      batch.copyToSpare(last);
      publish(batch, batch.layers[last], batch.addresses[last], batch.replace(last));
    }
  }

  private void free(Batch batch) {
    ring.place(batch.number).free();
    free[freeCount++] = batch;
  }

  @Override
  public void written(Batch batch, int errno) {
    if (errno != 0) {
      return;
    }
    batch.complete = true;
    committed++;
    committedBytes += (long) batch.pages() * Bytes.PAGE;
    applyComplete();
    look();
  }

  /** Applies what is complete, as far as this poll's share of zeroing allows. */
  private void applyComplete() {
    while (appliesNow()) {
      Batch first = inFlight[flightHead];
      flightHead = (flightHead + 1) % inFlight.length;
      flightSize--;
      leavesLeft -= zeroedLeaves[first.number];
      apply(first);
    }
  }

  /**
   * A stopped store may have stopped in the middle of a commit: what comes after it stays staged.
   */
  private boolean appliesNow() {
    waitsForLeaves = false;
    if (flightSize == 0 || leavesLeft <= 0 || health.stopped()) {
      return false;
    }
    Batch first = inFlight[flightHead];
    waitsForLeaves = first.complete && !zeroLeaves.areThere(first);
    return first.complete && !waitsForLeaves;
  }

  private void apply(Batch batch) {
    for (int i = 0; i < batch.count; i++) {
      Layer layer = batch.layers[i];
      blocks.place(layer, batch.addresses[i], batch.location(i), batch.crcs[i]);
      shares.remove(layer);
      index.removeIf(layer, batch.addresses[i], StagedIndex.reference(batch.number, i));
    }
    int at = 0;
    for (int i = 0; i < batch.recordCount; i++) {
      settle(batch, at);
      at = Records.next(batch.records, at);
    }
    appliedLsn = batch.sequence;
    appliedCrc = batch.headerCrc;
    witnessed(batch.durableLsn);
    zeros.applied(appliedLsn);
    space.applied(newBlocks[batch.number], growth[batch.number]);
    table.writeEnds(batch.segment);
    free(batch);
  }

  private void settle(Batch batch, int at) {
    if (Records.type(batch.records, at) == Records.TYPE_ZEROED) {
      Layer layer = namespace.requireLayer(Records.number(batch.records, at, 0));
      long first = Records.number(batch.records, at, 1);
      blocks.zero(layer, first, Records.number(batch.records, at, 2));
    } else {
      namespace.settle(Records.decode(batch.records, at));
    }
  }
}
