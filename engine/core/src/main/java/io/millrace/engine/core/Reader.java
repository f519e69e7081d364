package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Serves reads: copies what is in memory, fills holes with zeros, and reads the rest in runs of
 * blocks that are neighbours on the disk. Every block read is checked before a byte of it is given
 * out.
 *
 * <p>When all run buffers are in use, requests wait, each volume for its share ({@link FairQueue}).
 * While several volumes read, fewer runs are at the disk at a time: what waits there has no order.
 * A block that is being read for one request is not read again for another: that one follows, and
 * then finds it in the cache. Clones that start together read their image once by that.
 */
final class Reader {
  private static final int RUN_PAGES_MAX = 64;
  private static final int FETCHES_MAX = 8;
  private static final long IDLE = -1;

  /** At the disk while several volumes read. */
  private static final int RUNS_IN_COMPANY = 8;

  private static final long COMPANY_NANOS = 20_000_000;

  /** What a run costs a disk, besides its pages. */
  private static final int RUN_COST_PAGES = 16;

  private static final int CREDIT_PAGES = 16 * (RUN_COST_PAGES + 1);

  private final Disk disk;
  private final SegmentTable table;
  private final Resolver resolver;
  private final Committer committer;
  private final PageCache cache;
  private final Checksum checksum;
  private final AnswerQueue answers;
  private final Run[] freeRuns;
  private int freeRunCount;

  /** The first location that each run reads now, by its number; {@link #IDLE} of others. */
  private final long[] runLocations;

  private final Run[] runs;
  private final int runPages;
  private final ArrayDeque<Request> freeRequests = new ArrayDeque<>();
  private final FairQueue<Request> waiting = new FairQueue<>(CREDIT_PAGES);
  private final Serving serving;
  private long lastSource;
  private long aloneFromNanos;

  /** Whether the request that is being served may go to the disk. */
  private boolean mayRun;

  /** What it went to the disk for. */
  private int cost;

  /** The leaves, or the blocks that were being read for others, have come. */
  private final ArrayDeque<Request> arrived = new ArrayDeque<>();

  private final Namespace namespace;
  private final MapPages pages;
  private int active;

  long reads;
  long readBytes;
  long checksumErrors;

  /** Of reads, by where they were found; what was never written is not counted. */
  long blocksStaged;

  long blocksCached;
  long blocksFromDisk;

  Reader(Serving s) {
    serving = s;
    aloneFromNanos = s.clock.nanos();
    disk = s.disk;
    table = s.table;
    resolver = s.resolver;
    committer = s.committer;
    cache = s.cache;
    checksum = s.checksum;
    answers = s.answers;
    namespace = s.namespace;
    pages = s.namespace.pages;
    runPages = Math.clamp(s.options.readBufferBytes() / Bytes.PAGE / 8, 1, RUN_PAGES_MAX);
    runs = new Run[Math.max(2, s.options.readBufferBytes() / Bytes.PAGE / runPages)];
    freeRuns = new Run[runs.length];
    runLocations = new long[runs.length];
    Arrays.fill(runLocations, IDLE);
    makeRuns(s.arena);
  }

  private void makeRuns(Arena arena) {
    for (int i = 0; i < runs.length; i++) {
      runs[i] = new Run(arena, i);
      freeRuns[freeRunCount++] = runs[i];
    }
  }

  /** The range is within the volume and whole sectors. */
  void read(Volume volume, long offset, MemorySegment into, long tag) {
    Request request = freeRequests.isEmpty() ? new Request() : freeRequests.pop();
    request.volume = volume;
    begin(request, offset, into, tag);
  }

  /** The same of a snapshot; when that is deleted meanwhile: EIO. */
  void read(Snapshot snapshot, long offset, MemorySegment into, long tag) {
    Request request = freeRequests.isEmpty() ? new Request() : freeRequests.pop();
    request.snapshot = snapshot;
    begin(request, offset, into, tag);
  }

  private void begin(Request request, long offset, MemorySegment into, long tag) {
    reads++;
    readBytes += into.byteSize();
    request.begin(offset, into, tag);
    active++;
    long sourceId = request.sourceId();
    if (sourceId != lastSource) {
      lastSource = sourceId;
      aloneFromNanos = serving.now() + COMPANY_NANOS;
    }
    serve(request);
  }

  /** Goes on with requests that waited for a leaf or a buffer. */
  void pump() {
    for (int left = arrived.size(); left > 0; left--) {
      serve(arrived.remove());
    }
    mayRun = true;
    for (Request r = waiting.next(); r != null; r = waiting.next()) {
      int weight = r.weight();
      cost = 0;
      if (!advance(r)) {
        waiting.served(cost, weight);
        return;
      }
      waiting.remove(cost, weight);
    }
  }

  /** At once what is in memory, and as far as nobody waits for the disk, the rest. */
  private void serve(Request r) {
    long sourceId = r.sourceId();
    int weight = r.weight();
    mayRun = waiting.isEmpty();
    cost = 0;
    boolean served = advance(r);
    if (mayRun) {
      waiting.servedAtOnce(sourceId, cost, weight);
    }
    if (!served) {
      waiting.add(sourceId, r);
    }
  }

  private boolean runAtHand() {
    boolean company = serving.now() - aloneFromNanos < 0;
    int atDisk = freeRuns.length - freeRunCount;
    return mayRun && freeRunCount > 0 && !(company && atDisk >= RUNS_IN_COMPANY);
  }

  boolean idle() {
    return active == 0;
  }

  /** Requests that wait for a buffer. */
  int waiting() {
    return waiting.size();
  }

  /** Serves what can be served now; false when it must wait for a run buffer. */
  private boolean advance(Request r) {
    if (r.lost || r.isGone()) {
      r.errno = Errno.EIO;
      r.position = r.end;
    }
    while (r.position < r.end) {
      long address = r.position / Bytes.PAGE;
      long found = resolve(r, address);
      if (found == Resolver.MISSING) {
        r.fetches++;
        pages.fetch(resolver.missingMap(), resolver.missingLeaf(), r);
        return true;
      }
      r.fetches = 0;
      if (found == Resolver.ZEROS) {
        r.fill(r.sectorsOf(address));
      } else if (found == Resolver.STAGED) {
        int reference = resolver.reference();
        blocksStaged++;
        r.copy(committer.buffer(reference).memory, committer.at(reference), address);
      } else if (!copyCached(r, found, address)) {
        if (follows(r, found)) {
          return true;
        }
        if (!runAtHand()) {
          return false;
        }
        startRun(r, found, address);
      }
    }
    if (r.pending == 0) {
      finish(r);
    }
    return true;
  }

  /** Leaves that always leave again before all have come are brought in together. */
  private long resolve(Request r, long address) {
    if (r.fetches < FETCHES_MAX) {
      return resolver.resolve(r.top(), address);
    }
    try {
      return resolver.resolveNow(r.top(), address);
    } catch (MapPages.Damaged damaged) {
      r.errno = Errno.EIO;
      return Resolver.ZEROS;
    }
  }

  private boolean copyCached(Request r, long location, long address) {
    int page = cache.find(location);
    if (page == PageCache.ABSENT) {
      return false;
    }
    blocksCached++;
    r.copy(cache.memory(), PageCache.at(page), address);
    return true;
  }

  /** Whether the block is being read for another request, whose end this one now waits for. */
  private boolean follows(Request r, long location) {
    if (!cache.keeps()) {
      return false;
    }
    for (int i = 0; i < runLocations.length; i++) {
      long first = runLocations[i];
      if (first != IDLE && location >= first && location < first + runs[i].pages) {
        runs[i].follow(r);
        return true;
      }
    }
    return false;
  }

  /** How many blocks from here on no other run reads, at most a run's. */
  private int unreadFrom(long location) {
    long pages = runPages;
    for (long first : runLocations) {
      if (first > location && first - location < pages) {
        pages = first - location;
      }
    }
    return (int) pages;
  }

  private void startRun(Request r, long location, long address) {
    int pagesMax = unreadFrom(location);
    Run run = freeRuns[--freeRunCount];
    run.begin(r, location, address);
    run.add(resolver.crc());
    r.position += r.sectorsOf(address);
    while (run.pages < pagesMax && r.position < r.end) {
      long next = resolver.resolve(r.top(), address + run.pages);
      if (next != location + run.pages || cache.find(next) != PageCache.ABSENT) {
        break;
      }
      r.position += r.sectorsOf(address + run.pages);
      run.add(resolver.crc());
    }
    cost += RUN_COST_PAGES + run.pages;
    run.submit();
  }

  private void finish(Request r) {
    answers.add(r.tag, r.errno);
    r.end();
    freeRequests.push(r);
    active--;
  }

  private final class Request implements MapPages.Arrival {
    // One of the two.
    private @Nullable Volume volume;
    private @Nullable Snapshot snapshot;
    private MemorySegment into = MemorySegment.NULL;
    private long offset;
    long position;
    long end;
    long tag;
    int pending;
    int errno;

    /** A leaf that it needs can't be read. */
    boolean lost;

    /** Leaves that it has waited for since it last got on. */
    int fetches;

    /** Who follows the same run, after this one. */
    private @Nullable Request nextFollower;

    void begin(long from, MemorySegment to, long withTag) {
      into = to;
      offset = from;
      position = from;
      end = from + to.byteSize();
      tag = withTag;
      pending = 0;
      errno = 0;
      fetches = 0;
      lost = false;
    }

    void end() {
      volume = null;
      snapshot = null;
      into = MemorySegment.NULL;
    }

    @Override
    public void arrived(int failed) {
      lost = failed != 0;
      arrived.add(this);
    }

    /** Of the volume or the snapshot. */
    long sourceId() {
      Volume v = volume;
      return v != null ? v.id : requireSnapshot().id();
    }

    int weight() {
      Volume v = volume;
      return v != null ? v.limits.weightOrDefault() : Limits.WEIGHT_DEFAULT;
    }

    Layer top() {
      Volume v = volume;
      return v != null ? v.top : requireSnapshot().layer();
    }

    private Snapshot requireSnapshot() {
      Snapshot s = snapshot;
      if (s == null) {
        throw new IllegalStateException("request is not in use");
      }
      return s;
    }

    /** The snapshot's layer may become another's, with what was written since. */
    boolean isGone() {
      Snapshot s = snapshot;
      return s != null && namespace.snapshots.get(s.id()) == null;
    }

    /** How many bytes of the block at {@link #position} this request covers. */
    long sectorsOf(long address) {
      return Math.min(end, (address + 1) * Bytes.PAGE) - Math.max(offset, address * Bytes.PAGE);
    }

    void fill(long bytes) {
      into.asSlice(position - offset, bytes).fill((byte) 0);
      position += bytes;
    }

    void copy(MemorySegment from, long at, long address) {
      long bytes = sectorsOf(address);
      copyAt(from, at, address);
      position += bytes;
    }

    void copyAt(MemorySegment from, long at, long address) {
      long begin = Math.max(offset, address * Bytes.PAGE);
      long within = begin - address * Bytes.PAGE;
      MemorySegment.copy(from, at + within, into, begin - offset, sectorsOf(address));
    }
  }

  /** One read of neighbouring blocks. */
  private final class Run implements Disk.Done {
    private final PageBuffer buffer;
    private final MemorySegment[] slices = new MemorySegment[runPages + 1];
    private final int[] crcs = new int[runPages];
    private final int number;
    private @Nullable Request request;
    private @Nullable Request followers;
    private long location;
    private long address;
    int pages;

    Run(Arena arena, int number) {
      this.number = number;
      buffer = new PageBuffer(arena, (long) runPages * Bytes.PAGE);
      for (int i = 1; i <= runPages; i++) {
        slices[i] = buffer.pages(0, i);
      }
    }

    void begin(Request r, long firstLocation, long firstAddress) {
      request = r;
      location = firstLocation;
      address = firstAddress;
      pages = 0;
      runLocations[number] = firstLocation;
      r.pending++;
    }

    void add(int crc) {
      crcs[pages++] = crc;
    }

    void submit() {
      blocksFromDisk += pages;
      int segment = Location.segment(location);
      table.readers[segment]++;
      disk.read(table.geometry.offset(segment, Location.slot(location)), slices[pages], this);
    }

    void follow(Request r) {
      r.pending++;
      r.nextFollower = followers;
      followers = r;
    }

    /** They find the blocks in the cache, or read for themselves what could not be read. */
    private void releaseFollowers() {
      while (followers != null) {
        Request follower = followers;
        followers = follower.nextFollower;
        follower.nextFollower = null;
        follower.pending--;
        arrived.add(follower);
      }
    }

    @Override
    public void done(int errno) {
      table.readers[Location.segment(location)]--;
      runLocations[number] = IDLE;
      Request r = request;
      if (r == null) {
        throw new IllegalStateException("run is not in use");
      }
      if (errno != 0) {
        r.errno = Errno.EIO;
      } else {
        handOut(r);
      }
      request = null;
      freeRuns[freeRunCount++] = this;
      releaseFollowers();
      r.pending--;
      if (r.pending == 0 && r.position == r.end) {
        finish(r);
      }
    }

    private void handOut(Request r) {
      for (int i = 0; i < pages; i++) {
        int at = i * Bytes.PAGE;
        if (checksum.block(buffer, at, address + i) != crcs[i]) {
          checksumErrors++;
          r.errno = Errno.EIO;
          continue;
        }
        r.copyAt(buffer.memory, at, address + i);
        cache.add(location + i, buffer.memory, at);
      }
    }
  }
}
