package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes writes and zeroed ranges into staging as far as there is room; the rest waits, so that each
 * volume gets its share of what room there comes to be ({@link FairQueue}). Zeroed ranges need no
 * room for blocks, and wait for no write.
 *
 * <p>Part of a block is staged as the whole block: newest version plus the new sectors. When the
 * newest version is on the disk, the request steps aside until it is fetched, and then looks again
 * from the beginning: what was written meanwhile is found in staging.
 */
final class Writer {
  /** Leaves that always leave again before all have come are brought in together then. */
  private static final int FETCHES_MAX = 8;

  private static final int CREDIT_BYTES = 256 << 10;

  private enum Progress {
    DONE,
    WAITS_FOR_ROOM,
    /** While others may go on. */
    WAITS_FOR_OWN_ROOM,
    WAITS_FOR_FILL
  }

  private final Serving serving;
  private final Committer committer;
  private final Resolver resolver;
  private final PageCache cache;
  private final Space space;
  private final Health health;
  private final AnswerQueue answers;
  private final ZeroPlan zeroPlan;
  private final ArrayDeque<Request> free = new ArrayDeque<>();
  private final FairQueue<Request> waiting = new FairQueue<>(CREDIT_BYTES);
  private final ArrayDeque<Request> waitingZeros = new ArrayDeque<>();
  private final ArrayDeque<Request> filled = new ArrayDeque<>();
  private int active;
  private boolean hopeless;
  private boolean waitsForSpace;
  private boolean waitsForMaps;

  /** What the last request waits for is not what all wait for. */
  private boolean othersMayGoOn;

  /** The block that room was made for is not there yet. */
  private boolean comesToLife;

  /** Bytes that the last request has staged: of blocks, a record counts as one, however long. */
  private double cost;

  long writes;
  long writeBytes;
  long zeroBytes;
  long checksumErrors;

  Writer(Serving s) {
    serving = s;
    committer = s.committer;
    resolver = s.resolver;
    cache = s.cache;
    space = s.space;
    health = s.health;
    answers = s.answers;
    zeroPlan = new ZeroPlan(s.options.tuning().zeroLeavesMax());
  }

  /** The range is within the volume and whole sectors. */
  void write(Volume volume, long offset, MemorySegment from, long tag, long nowNanos) {
    writes++;
    writeBytes += from.byteSize();
    begin(request(volume, offset, from.byteSize(), from, tag), nowNanos);
  }

  void zero(Volume volume, long offset, long length, long tag, long nowNanos) {
    zeroBytes += length;
    begin(request(volume, offset, length, null, tag), nowNanos);
  }

  /** Zeroes a range that may lie beyond the end, for a command. */
  void zeroThen(Volume volume, long offset, long length, long nowNanos, IntConsumer then) {
    Request r = request(volume, offset, length, null, 0);
    r.then = then;
    r.hold = new RoomHold(space);
    begin(r, nowNanos);
  }

  private Request request(
      Volume volume, long offset, long length, @Nullable MemorySegment from, long tag) {
    Request r = free.isEmpty() ? new Request() : free.pop();
    r.begin(volume, offset, length, from, tag);
    active++;
    return r;
  }

  private void begin(Request r, long now) {
    Volume volume = r.volume();
    if (r.zeroesBlocks()) {
      if (!waitingZeros.isEmpty() || waits(stage(r, now))) {
        r.stalls(now);
        add(volume.id, r);
      }
    } else if (!waiting.isEmpty() || waits(stageAtOnce(r, volume, now))) {
      r.stalls(now);
      waiting.add(volume.id, r);
    }
  }

  private Progress stageAtOnce(Request r, Volume volume, long now) {
    Progress progress = stage(r, now);
    waiting.servedAtOnce(volume.id, cost, volume.limits.weightOrDefault());
    return progress;
  }

  private static boolean waits(Progress progress) {
    return progress == Progress.WAITS_FOR_ROOM || progress == Progress.WAITS_FOR_OWN_ROOM;
  }

  private void add(long volumeId, Request r) {
    if (r.zeroesBlocks()) {
      waitingZeros.add(r);
    } else {
      waiting.add(volumeId, r);
    }
  }

  /** Goes on with what has waited. */
  void pump(long nowNanos) {
    waitsForSpace = false;
    waitsForMaps = false;
    committer.newTurn();
    while (!filled.isEmpty()) {
      Request r = filled.remove();
      Volume volume = r.volume();
      if (waits(stageAtOnce(r, volume, nowNanos))) {
        r.stalls(nowNanos);
        if (r.zeroesBlocks()) {
          waitingZeros.addFirst(r);
        } else {
          waiting.addFirst(volume.id, r);
        }
      }
    }
    boolean starved = pumpZeros(nowNanos);
    pumpBlocks(nowNanos);
    if (starved) {
      committer.starve();
    }
  }

  /** Whether they wait because no segment can be taken. */
  private boolean pumpZeros(long now) {
    while (!waitingZeros.isEmpty()) {
      Request r = waitingZeros.element();
      long volumeId = r.volume().id;
      boolean waits = waits(stage(r, now));
      if (waits && r.zeroesBlocks()) {
        return committer.starved();
      }
      waitingZeros.remove();
      if (waits) {
        waiting.add(volumeId, r);
      }
    }
    return false;
  }

  private void pumpBlocks(long now) {
    Progress progress = Progress.DONE;
    for (Request r = waiting.next();
        r != null && progress != Progress.WAITS_FOR_ROOM;
        r = waiting.next()) {
      int weight = r.volume().limits.weightOrDefault();
      progress = stage(r, now);
      if (!waits(progress)) {
        waiting.remove(cost, weight);
      } else if (progress == Progress.WAITS_FOR_OWN_ROOM) {
        waiting.putAside(cost, weight);
      } else {
        waiting.served(cost, weight);
      }
    }
    waiting.endRound();
  }

  boolean idle() {
    return active == 0;
  }

  /** For blocks to be freed, or to be found free. */
  boolean waitsForSpace() {
    return waitsForSpace;
  }

  /** For memory of the maps. */
  boolean waitsForMaps() {
    return waitsForMaps;
  }

  boolean waitsForRoom() {
    return !waiting.isEmpty() || !waitingZeros.isEmpty();
  }

  /** Requests that wait for room. */
  int waiting() {
    return waiting.size() + waitingZeros.size();
  }

  /** Nothing will ever make room again: what waits fails. */
  void giveUp(long nowNanos) {
    hopeless = true;
    pump(nowNanos);
    hopeless = false;
  }

  private Progress stage(Request r, long now) {
    cost = 0;
    try {
      return r.errno == 0 ? stageAll(r, now) : end(r, r.errno);
    } catch (MapPages.Damaged damaged) {
      health.stop(damaged.reason());
      return end(r, Errno.EIO);
    }
  }

  private Progress stageAll(Request r, long now) {
    RoomHold hold = r.hold;
    if (hold != null && !hold.taken() && !health.stopped() && !holdRoom(r, hold)) {
      return r.errno == 0 ? Progress.WAITS_FOR_ROOM : end(r, r.errno);
    }
    while (r.position < r.end) {
      if (health.stopped()) {
        return end(r, Errno.EIO);
      }
      Volume volume = r.volume();
      if (serving.namespace.volumes.get(volume.id) != volume) {
        return end(r, Errno.ENOENT);
      }
      if (r.then == null && r.end > volume.writableBytes) {
        return end(r, Errno.EINVAL);
      }
      Progress progress = r.from == null ? zeroNext(r, now) : writeNext(r, now);
      if (progress != Progress.DONE) {
        return progress;
      }
      if (r.errno != 0) {
        return end(r, r.errno);
      }
    }
    return end(r, 0);
  }

  private Progress end(Request r, int errno) {
    IntConsumer then = r.then;
    long tag = r.tag;
    boolean durable = r.volume().durable;
    r.end();
    free.push(r);
    active--;
    if (then != null) {
      then.accept(errno);
    } else if (durable && errno == 0) {
      serving.durability.await(committer.sealWhenIdle(), tag, null);
    } else {
      answers.add(tag, errno);
    }
    return Progress.DONE;
  }

  /** Keeps room for all of the request before anything of it is done. */
  private boolean holdRoom(Request r, RoomHold hold) {
    Layer top = r.volume().top;
    long first = (r.position + Bytes.PAGE - 1) / Bytes.PAGE;
    zeroPlan.bound(top, first, r.end / Bytes.PAGE);
    if (committer.hold(hold, zeroPlan)) {
      return true;
    }
    zeroPlan.planAll(top, first, r.end / Bytes.PAGE);
    boolean held = committer.hold(hold, zeroPlan);
    boolean later =
        space.admitsGrowth(zeroPlan.growthBytes()) || spaceMayReturn(zeroPlan.growthBytes());
    r.errno = held || (later && !hopeless) ? 0 : Errno.ENOSPC;
    return held;
  }

  /** Stages the block at the request's position. */
  private Progress writeNext(Request r, long now) {
    return r.coversBlock() ? stageWhole(r, now) : stagePart(r, now);
  }

  private Progress stageWhole(Request r, long now) {
    Layer top = r.volume().top;
    long address = r.position / Bytes.PAGE;
    int newest = committer.find(top, address);
    if ((newest < 0 || !committer.inOpenBatch(newest)) && !roomFor(r, top, address, now)) {
      return waitOrFail(r);
    }
    int reference = committer.claim();
    r.copyTo(committer.buffer(reference).memory, committer.at(reference), address);
    committer.publish(top, address, comesToLife);
    cost += Bytes.PAGE;
    return Progress.DONE;
  }

  private Progress stagePart(Request r, long now) {
    Layer top = r.volume().top;
    long address = r.position / Bytes.PAGE;
    boolean wait = r.fetches < FETCHES_MAX;
    long found = wait ? resolver.resolve(top, address) : resolver.resolveNow(top, address);
    int newest = resolver.reference();
    if (found == Resolver.MISSING) {
      r.fetches++;
      serving.namespace.pages.fetch(
          resolver.missingMap(), resolver.missingLeaf(), errno -> arrived(r, errno));
      return Progress.WAITS_FOR_FILL;
    }
    if (found == Resolver.ZEROS && r.from == null) {
      r.skip(address);
      return Progress.DONE;
    }
    if (found >= 0 && cache.find(found) == PageCache.ABSENT && !r.fill().holds(found)) {
      return fetch(r, found, address);
    }
    if (found >= 0 && cache.find(found) == PageCache.ABSENT && !r.fill().good()) {
      checksumErrors++;
      r.errno = Errno.EIO;
      return Progress.DONE;
    }
    boolean inOpenBatch =
        found == Resolver.STAGED
            && committer.find(top, address) == newest
            && committer.inOpenBatch(newest);
    if (!inOpenBatch && !roomFor(r, top, address, now)) {
      return waitOrFail(r);
    }
    int reference = committer.claim();
    MemorySegment to = committer.buffer(reference).memory;
    long at = committer.at(reference);
    copyBase(r, found, newest, to, at);
    r.copyTo(to, at, address);
    committer.publish(top, address, comesToLife);
    cost += Bytes.PAGE;
    return Progress.DONE;
  }

  private void arrived(Request r, int errno) {
    r.errno = errno;
    filled.add(r);
  }

  private void copyBase(Request r, long found, int newest, MemorySegment to, long at) {
    if (found == Resolver.ZEROS) {
      to.asSlice(at, Bytes.PAGE).fill((byte) 0);
    } else if (found == Resolver.STAGED) {
      MemorySegment base = committer.buffer(newest).memory;
      MemorySegment.copy(base, committer.at(newest), to, at, Bytes.PAGE);
    } else {
      int page = cache.find(found);
      if (page == PageCache.ABSENT) {
        MemorySegment.copy(r.fill().buffer.memory, 0, to, at, Bytes.PAGE);
      } else {
        MemorySegment.copy(cache.memory(), PageCache.at(page), to, at, Bytes.PAGE);
      }
    }
  }

  private Progress fetch(Request r, long location, long address) {
    r.fill().fetch(location, address, resolver.crc());
    return Progress.WAITS_FOR_FILL;
  }

  /** Makes room in the open batch for one more block; false: wait, or the request has failed. */
  private boolean roomFor(Request r, Layer top, long address, long now) {
    comesToLife = !resolver.surelyOwns(top, address);
    boolean admitted = !comesToLife || space.admits();
    if (!admitted && space.freeBlocks() <= 0 && r.askedAt != address) {
      comesToLife = !resolver.owns(top, address);
      r.askedAt = comesToLife ? address : -1;
      admitted = !comesToLife;
    }
    if (!admitted && !spaceMayReturn(0)) {
      r.errno = Errno.ENOSPC;
    }
    othersMayGoOn = !admitted;
    if (!admitted) {
      return false;
    }
    boolean room = committer.roomForBlock(top, r.volume().limits.weightOrDefault(), now);
    othersMayGoOn = committer.hasItsShare();
    return room;
  }

  private boolean spaceMayReturn(long mapGrowth) {
    boolean may = serving.spaceMayReturn(mapGrowth);
    waitsForSpace |= may;
    waitsForMaps |= may && !space.mapsAdmit(mapGrowth);
    return may;
  }

  private Progress waitOrFail(Request r) {
    if (r.errno == 0 && hopeless) {
      r.errno = Errno.ENOSPC;
    }
    if (r.errno != 0) {
      return Progress.DONE;
    }
    return othersMayGoOn ? Progress.WAITS_FOR_OWN_ROOM : Progress.WAITS_FOR_ROOM;
  }

  /** Zeroes the sectors at the request's position, or whole blocks from there on. */
  private Progress zeroNext(Request r, long now) {
    if (!r.coversBlock()) {
      return stagePart(r, now);
    }
    // Room for a record: blocks may find theirs.
    othersMayGoOn = true;
    Layer top = r.volume().top;
    long first = r.position / Bytes.PAGE;
    zeroPlan.plan(top, first, r.end / Bytes.PAGE);
    RoomHold hold = r.hold;
    if (hold == null && !space.admitsGrowth(zeroPlan.growthBytes())) {
      r.errno = spaceMayReturn(zeroPlan.growthBytes()) ? 0 : Errno.ENOSPC;
      return waitOrFail(r);
    }
    if (!committer.roomForZero(zeroPlan, hold != null, now)) {
      return waitOrFail(r);
    }
    if (hold != null) {
      hold.use(zeroPlan.growthBytes());
    }
    committer.addZeroed(top, first, zeroPlan);
    cost += Bytes.PAGE;
    r.position = zeroPlan.end() * Bytes.PAGE;
    return Progress.DONE;
  }

  private final class Request {
    private @Nullable Volume volume;
    private @Nullable Fill fill;
    private long offset;
    @Nullable IntConsumer then;
    @Nullable RoomHold hold;
    @Nullable MemorySegment from;
    long position;
    long end;
    long tag;
    int errno;

    /** It has waited for room. */
    private boolean stalled;

    /** The block of which it was found, from a leaf that may have left again, that it is new. */
    long askedAt;

    /** Leaves that it has waited for. */
    int fetches;

    void begin(Volume of, long at, long length, @Nullable MemorySegment data, long withTag) {
      volume = of;
      from = data;
      offset = at;
      position = at;
      end = at + length;
      tag = withTag;
      errno = 0;
      fetches = 0;
      askedAt = -1;
    }

    void stalls(long nowNanos) {
      if (!stalled) {
        stalled = true;
        volume().stall.begins(nowNanos);
      }
    }

    private void goesOn() {
      stalled = false;
      Volume of = volume();
      long nanos = of.stall.ends(serving.now());
      if (nanos > 0) {
        serving.watcher.stalled(of.id, nanos);
      }
    }

    void end() {
      if (stalled) {
        goesOn();
      }
      volume = null;
      from = null;
      then = null;
      if (hold != null) {
        hold.release();
        hold = null;
      }
      if (fill != null) {
        fill.clear();
      }
    }

    Volume volume() {
      Volume v = volume;
      if (v == null) {
        throw new IllegalStateException("request is not in use");
      }
      return v;
    }

    /** Made once for each pooled request that ever needed it. */
    Fill fill() {
      Fill f = fill;
      if (f == null) {
        f = new Fill(serving.arena, serving);
        f.whenDone(() -> filled.add(this));
        fill = f;
      }
      return f;
    }

    boolean zeroesBlocks() {
      return from == null && hold == null && coversBlock();
    }

    boolean coversBlock() {
      return position % Bytes.PAGE == 0 && end - position >= Bytes.PAGE;
    }

    private long bytesOf(long address) {
      return Math.min(end, (address + 1) * Bytes.PAGE) - position;
    }

    void skip(long address) {
      position += bytesOf(address);
    }

    /** Copies this request's bytes of the block to the block's place. */
    void copyTo(MemorySegment to, long at, long address) {
      long bytes = bytesOf(address);
      long within = position - address * Bytes.PAGE;
      MemorySegment data = from;
      if (data == null) {
        to.asSlice(at + within, bytes).fill((byte) 0);
      } else {
        MemorySegment.copy(data, position - offset, to, at + within, bytes);
      }
      position += bytes;
    }
  }
}
