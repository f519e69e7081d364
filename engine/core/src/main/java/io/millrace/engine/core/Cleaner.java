package io.millrace.engine.core;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Makes segments empty by moving their last live blocks, sorted by address, into a stream of their
 * own.
 *
 * <p>Victims by cost and benefit with age (Rosenblum and Ousterhout): (1 − u) · age / (1 + u). A
 * moved block's map entry is changed when the copy is written, and only if it still names the place
 * it was moved from; else the copy is born dead. The old place is written again only after a
 * checkpoint that knows the new one, so a crash at any point loses at most the cleaning.
 */
final class Cleaner implements Batch.Written {
  private static final int BATCHES = 4;
  private static final long NONE_UNREADABLE = -1;

  private final Serving serving;
  private final Disk disk;
  private final Health health;
  private final SegmentTable table;
  private final Namespace namespace;
  private final Blocks blocks;
  private final Space space;
  private final Pacing pacing;
  private final Checksum checksum;
  private final SegmentLeaves leaves;
  private final LogHead head;
  private final PageBuffer victimBuffer;
  private final PageByPage victimReader;
  private final Batch[] free = new Batch[BATCHES];
  private int freeCount;
  private int inFlight;
  private @Nullable Batch open;

  private int victim = -1;
  private long victimSequence;
  private long victimNanos;
  private int victimLive;
  private boolean reading;
  private boolean stuck;

  /** It would go on, but has had its share of the disk. */
  private boolean paced;

  /** The victim was read; its survivors are not listed yet. */
  private boolean collecting;

  /** The slot of the victim that was read a second time. */
  private int readAgain = -1;

  private boolean unreadableAgain;

  private final long[] survivors;
  private final long[] births;
  private int survivorCount;
  private int survivorNext;

  /** Live entries that the victim's headers name. */
  private int found;

  /** The sequence of a segment whose survivors can't all be found. */
  private final long[] unreadable;

  /** Copies on their way out of a segment: it is not a victim again until they have arrived. */
  private final int[] leaving;

  private long nextRelocation;

  long relocatedBlocks;
  long segmentsCleaned;
  long loggedBytes;
  long checksumErrors;

  Cleaner(Serving s, long nextRelocation) {
    serving = s;
    disk = s.disk;
    health = s.health;
    table = s.table;
    namespace = s.namespace;
    blocks = s.blocks;
    space = s.space;
    pacing = s.pacing;
    checksum = s.checksum;
    leaves = new SegmentLeaves(table, namespace, checksum);
    this.nextRelocation = nextRelocation;
    head = new LogHead(table, disk, checksum, s.arena, LogHead.STREAM_CLEANED);
    Geometry geometry = table.geometry;
    victimBuffer = new PageBuffer(s.arena, geometry.segmentBytes());
    victimReader = new PageByPage(disk, geometry, victimBuffer);
    survivors = new long[geometry.segmentPages()];
    births = new long[geometry.segmentPages()];
    unreadable = new long[table.segments()];
    Arrays.fill(unreadable, NONE_UNREADABLE);
    leaving = new int[table.segments()];
    int blocksMax = Committer.blocksMax(s.options, geometry);
    for (int i = 0; i < BATCHES; i++) {
      free[freeCount++] = new Batch(s.arena, i, blocksMax, true, this);
    }
  }

  long nextRelocation() {
    return nextRelocation;
  }

  /** Nothing is being moved. */
  boolean idle() {
    return victim < 0 && !reading && inFlight == 0 && open == null;
  }

  /** It could go on only if a checkpoint made segments free. */
  boolean stuck() {
    return stuck && inFlight == 0;
  }

  /**
   * Goes on; {@code wanted}: more segments should be emptied, {@code urgent}: writers wait.
   *
   * @return whether there is more to do that waits for nothing
   */
  boolean step(boolean wanted, boolean urgent) {
    paced = false;
    if (health.stopped() || reading) {
      return false;
    }
    if (collecting && !collectSurvivors()) {
      return false;
    }
    if (victim >= 0) {
      return moveSurvivors();
    }
    if (wanted && !admitted()) {
      return false;
    }
    if (wanted) {
      victim = chooseVictim(urgent);
      if (victim >= 0) {
        readVictim();
        return false;
      }
    }
    closeOpen();
    return false;
  }

  private boolean admitted() {
    paced = !pacing.admitsCleaning(serving.now());
    return !paced;
  }

  /** Nanoseconds until it goes on, when all that it waits for is its share of the disk. */
  long admittedIn(long nowNanos) {
    return paced ? pacing.cleanerDueIn(nowNanos) : Long.MAX_VALUE;
  }

  // ---- victim

  private int chooseVictim(boolean urgent) {
    int best = -1;
    double bestScore = 0;
    long now = serving.committer.lastLsn() + 1;
    int full = space.blocksPerSegment();
    // Fewer it would lose again to the headers of commits that have to end early.
    int gainMin = urgent ? 1 : Math.max(2, full / 16);
    int liveMax = full - gainMin;
    for (int s = SegmentTable.FIRST; s < table.segments(); s++) {
      if (!candidate(s, liveMax)) {
        continue;
      }
      double u = (double) table.live[s] / full;
      double age = urgent ? 1 : now - table.sealedLsn[s] + 1;
      double score = (1 - u) * age / (1 + u);
      if (score > bestScore) {
        bestScore = score;
        best = s;
      }
    }
    return best;
  }

  private boolean candidate(int segment, int liveMax) {
    int live = table.live[segment];
    return table.state[segment] == SegmentTable.SEALED
        && live > 0
        && live <= liveMax
        && table.writing[segment] == 0
        && leaving[segment] == 0
        && unreadable[segment] != table.sequence[segment];
  }

  private void readVictim() {
    reading = true;
    stuck = false;
    victimSequence = table.sequence[victim];
    victimNanos = serving.now();
    victimLive = table.live[victim];
    readAgain = -1;
    table.readers[victim]++;
    pacing.cleaned(table.geometry.segmentBytes());
    victimReader.read(victim, this::victimRead);
  }

  /** What can't be read stays: another time it may be readable. */
  private void victimRead(int errno) {
    reading = false;
    table.readers[victim]--;
    collecting = true;
    leaves.begin();
  }

  /** Lists what is live in the victim, in order of layer and address; false: leaves are coming. */
  private boolean collectSurvivors() {
    survivorCount = 0;
    survivorNext = 0;
    int usable = table.geometry.usablePages();
    if (!leaves.areThere(new CommitHeader.Pages(victimBuffer, victim, victimSequence, usable))) {
      return false;
    }
    collecting = false;
    found = 0;
    CommitHeader.forEach(
        new CommitHeader.Pages(victimBuffer, victim, table.sequence[victim], usable),
        table.geometry,
        checksum,
        commit -> {
          for (int i = 0; i < commit.entries(); i++) {
            found += collect(commit, i) ? 1 : 0;
          }
        });
    // A damaged header hides its blocks, a bad sector its own: the segment keeps them.
    unreadable[victim] = found < table.live[victim] ? victimSequence : NONE_UNREADABLE;
    Arrays.sort(survivors, 0, survivorCount);
    return true;
  }

  /** Takes an entry's block if it is live; whether it is. */
  private boolean collect(CommitHeader.Fields commit, int i) {
    int slot = commit.slot(i);
    if (!table.isLive(victim, slot) || victimReader.unreadable().get(slot)) {
      return false;
    }
    var m = victimBuffer.memory;
    int entry = commit.entryAt(i);
    long address = CommitHeader.block(m, entry);
    Layer layer = namespace.holder(Bytes.u64(m, entry), address, Location.of(victim, slot));
    if (layer != null) {
      survivors[survivorCount++] = StagedIndex.key(layer, address);
      births[slot] = Bytes.u64(m, entry + 16);
    }
    return true;
  }

  // ---- moving

  private boolean moveSurvivors() {
    while (survivorNext < survivorCount && !victimIsGone()) {
      if (!moveNext()) {
        return false;
      }
    }
    serving.watcher.cleaned(victim, victimLive, serving.now() - victimNanos);
    victim = -1;
    segmentsCleaned++;
    return true;
  }

  /** Moves the next survivor if it still is one; false: it has to wait. */
  private boolean moveNext() {
    long key = survivors[survivorNext];
    Layer layer = namespace.byIndex(StagedIndex.layerIndex(key));
    long address = StagedIndex.address(key);
    long location = layer == null ? Location.NONE : layer.map.find(address);
    if (layer == null || location < 0 || Location.segment(location) != victim) {
      survivorNext++;
      return true;
    }
    int slot = Location.slot(location);
    int crc = layer.map.foundCrc();
    boolean good = checksum.block(victimBuffer, slot * Bytes.PAGE, address) == crc;
    if (!good && slot != readAgain) {
      readAgain(slot);
      return false;
    }
    if (!good && unreadableAgain) {
      unreadable[victim] = victimSequence;
      survivorNext++;
      return true;
    }
    if (!room()) {
      return false;
    }
    if (!victimIsGone()) {
      move(layer, address, location, crc, !good);
      survivorNext++;
    }
    return true;
  }

  /** A block that came wrong may have been misread: it is damaged when it comes wrong twice. */
  private void readAgain(int slot) {
    int segment = victim;
    reading = true;
    readAgain = slot;
    table.readers[segment]++;
    disk.read(
        table.geometry.offset(segment, slot),
        victimBuffer.pages(slot, 1),
        errno -> {
          reading = false;
          unreadableAgain = errno != 0;
          table.readers[segment]--;
        });
  }

  /** It emptied by itself and was taken anew while its survivors waited for room. */
  private boolean victimIsGone() {
    return table.sequence[victim] != victimSequence;
  }

  private boolean room() {
    Batch batch = open;
    if (batch != null && !batch.fits(1, 0, head.pagesLeft())) {
      close(batch);
      batch = null;
    }
    if (batch != null) {
      return true;
    }
    if (freeCount == 0 || !admitted()) {
      return false;
    }
    stuck = !head.ready(serving.committer.lastLsn(), space.leaveForCheckpoint());
    if (stuck) {
      return false;
    }
    batch = free[--freeCount];
    batch.open(head, serving.now());
    batch.epoch = serving.superblock.epoch();
    batch.sequence = nextRelocation;
    open = batch;
    return true;
  }

  private void move(Layer layer, long address, long location, int crc, boolean damaged) {
    Batch batch = open;
    if (batch == null) {
      throw new IllegalStateException("no relocation is open");
    }
    int i = batch.add(layer, address);
    int slot = Location.slot(location);
    batch.sources[i] = location;
    leaving[victim]++;
    batch.sourceSequences[i] = table.sequence[victim];
    batch.births[i] = births[slot];
    batch.crcs[i] = crc;
    int from = slot * Bytes.PAGE;
    // Damaged data moves with its old checksum, so that it still reads as damaged.
    batch.damaged[i] = damaged;
    checksumErrors += damaged ? 1 : 0;
    java.lang.foreign.MemorySegment.copy(
        victimBuffer.memory, from, batch.buffer.memory, batch.blockAt(i), Bytes.PAGE);
  }

  private void closeOpen() {
    Batch batch = open;
    if (batch != null) {
      close(batch);
    }
  }

  private void close(Batch batch) {
    open = null;
    nextRelocation = batch.sequence + 1;
    batch.durableLsn = serving.durability.durableLsn();
    batch.seal(checksum);
    head.advance(batch);
    table.writeBegins(batch.segment);
    inFlight++;
    loggedBytes += (long) batch.pages() * Bytes.PAGE;
    pacing.cleaned((long) batch.pages() * Bytes.PAGE);
    batch.submit(disk, table.geometry);
  }

  @Override
  public void written(Batch batch, int errno) {
    inFlight--;
    if (errno != 0) {
      return;
    }
    for (int i = 0; i < batch.count; i++) {
      arrived(batch, i);
    }
    table.writeEnds(batch.segment);
    free[freeCount++] = batch;
  }

  /** The copy is the block now, unless the block was overwritten or dropped meanwhile. */
  private void arrived(Batch batch, int i) {
    int source = Location.segment(batch.sources[i]);
    leaving[source]--;
    if (table.sequence[source] != batch.sourceSequences[i]) {
      return;
    }
    long address = batch.addresses[i];
    Layer holder = namespace.holder(batch.layers[i].id, address, batch.sources[i]);
    if (holder != null) {
      blocks.place(holder, address, batch.location(i), batch.crcs[i]);
      relocatedBlocks++;
    }
  }
}
