package io.millrace.engine.core;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads every live block of the store now and then, and holds it against the checksum that the maps
 * expect: so damage is known while there is still a copy elsewhere to take the data from.
 *
 * <p>Segment by segment, in pieces that a token bucket lets through: what the clock has earned at
 * the set rate, and at most one second's worth at a time. It changes nothing; the data stay
 * damaged, and are EIO for who reads them. Owner thread only.
 */
final class Scrubber {
  private static final int PIECE_PAGES_MAX = 64;
  private static final int LISTED_MAX = 1_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final String UNREADABLE = "the disk can't read it";
  private static final String WRONG = "its data are not those that were written";
  private static final String UNMAPPED = "no map names it for the block that its header tells";
  private static final String LOST = "the map that says whose it is can't be read";
  private static final String UNNAMED = "no readable commit header names it";

  private final Serving serving;
  private final SegmentTable table;
  private final Geometry geometry;
  private final Namespace namespace;
  private @Nullable PageBuffer buffer;

  private long bytesPerSecond;
  private long everyNanos;
  private long dueNanos;
  private long tokens;
  private long filledNanos;

  // The pass under way.
  private boolean running;
  private int segment;
  private long sequence;
  private int page;
  private int pages;
  private int pending;
  private boolean pieceRead;
  private final BitSet live = new BitSet();
  private final BitSet unreadable = new BitSet();

  private final SegmentLeaves leaves;
  private final MapScrub maps;
  private boolean inMaps;
  private long blocksChecked;
  private long bytesRead;
  private long passes;
  private long startedUnixMillis;
  private long endedUnixMillis;

  /** By place. More than can be listed are counted until their segment is looked at again. */
  private final TreeMap<Long, ScrubReport.Damaged> damaged = new TreeMap<>();

  private long unlisted;

  Scrubber(Serving serving) {
    this.serving = serving;
    table = serving.table;
    geometry = table.geometry;
    namespace = serving.namespace;
    leaves = new SegmentLeaves(table, namespace, serving.checksum);
    maps = new MapScrub(serving);
  }

  void schedule(ScrubSchedule schedule) {
    bytesPerSecond = schedule.bytesPerSecond();
    everyNanos = schedule.everyNanos();
    dueNanos = serving.now() + schedule.firstNanos();
    filledNanos = serving.now();
  }

  /** Begins a pass unless one is under way; false when the rate is 0. */
  boolean start() {
    if (!running && bytesPerSecond > 0) {
      running = true;
      inMaps = false;
      segment = SegmentTable.FIRST - 1;
      page = 0;
      pages = 0;
      blocksChecked = 0;
      unlisted = 0;
      startedUnixMillis = serving.clock.wallMillis();
    }
    return running;
  }

  /** Goes on as far as there are tokens; true when it would go on at once if polled again. */
  boolean step(long nowNanos) {
    if (!running && everyNanos > 0 && bytesPerSecond > 0 && nowNanos >= dueNanos) {
      start();
    }
    if (!running || !idle()) {
      return false;
    }
    if (inMaps) {
      return readMaps(nowNanos);
    }
    if (pieceRead) {
      pieceRead = false;
      page += piecePages();
    }
    if (page < pages) {
      return readPiece(nowNanos);
    }
    if (pages > 0 && !leaves.areThere(read())) {
      return false;
    }
    if (pages > 0) {
      verify();
    }
    nextSegment();
    return true;
  }

  /** The maps come last. */
  private boolean readMaps(long nowNanos) {
    if (maps.ended()) {
      inMaps = false;
      running = false;
      passes++;
      endedUnixMillis = serving.clock.wallMillis();
      dueNanos = serving.now() + everyNanos;
      return true;
    }
    fill(nowNanos);
    if (tokens < maps.nextBytes()) {
      return false;
    }
    tokens -= maps.nextBytes();
    bytesRead += maps.nextBytes();
    maps.readNext();
    return !maps.reading();
  }

  /** Nanoseconds until there will be something to do. */
  long dueIn(long nowNanos) {
    if (!running) {
      boolean byItself = everyNanos > 0 && bytesPerSecond > 0;
      return byItself ? Math.max(0, dueNanos - nowNanos) : Long.MAX_VALUE;
    }
    if (pages == 0 && !inMaps) {
      return 0;
    }
    if (!idle() || (!inMaps && page >= pages)) {
      return Long.MAX_VALUE;
    }
    long missing = (inMaps ? maps.nextBytes() : pieceBytes()) - tokens;
    return missing <= 0 ? 0 : missing * NANOS_PER_SECOND / bytesPerSecond + 1;
  }

  boolean idle() {
    return pending == 0 && !maps.reading();
  }

  ScrubReport report() {
    damaged
        .keySet()
        .removeIf(place -> !table.isLive(Location.segment(place), Location.slot(place)));
    return new ScrubReport(
        running,
        running ? Math.max(0, segment - 1) : passes > 0 ? table.segments() - 1 : 0,
        table.segments() - 1,
        blocksChecked,
        bytesRead,
        passes,
        startedUnixMillis,
        endedUnixMillis,
        damaged.size() + unlisted + maps.damaged().size(),
        listed());
  }

  /** Those of the maps first: they stand for many. */
  private List<ScrubReport.Damaged> listed() {
    List<ScrubReport.Damaged> all = new ArrayList<>(maps.damaged());
    all.addAll(damaged.values());
    return all.size() > LISTED_MAX ? all.subList(0, LISTED_MAX) : all;
  }

  // ---- reading

  /** The next one with live blocks, or the end of the pass. */
  private void nextSegment() {
    pages = 0;
    page = 0;
    do {
      segment++;
    } while (segment < table.segments() && table.live[segment] == 0);
    if (segment >= table.segments()) {
      inMaps = true;
      maps.begin();
      return;
    }
    sequence = table.sequence[segment];
    table.readers[segment]++;
    unreadable.clear();
    live.clear();
    for (int slot = 0; slot < geometry.usablePages(); slot++) {
      live.set(slot, table.isLive(segment, slot));
    }
    pages = live.length();
    leaves.begin();
  }

  private int piecePages() {
    return Math.min(PIECE_PAGES_MAX, pages - page);
  }

  private long pieceBytes() {
    return (long) piecePages() * Bytes.PAGE;
  }

  private boolean readPiece(long nowNanos) {
    fill(nowNanos);
    if (tokens < pieceBytes()) {
      return false;
    }
    tokens -= pieceBytes();
    bytesRead += pieceBytes();
    int first = page;
    int count = piecePages();
    pending++;
    serving.disk.read(
        geometry.offset(segment, first),
        buffer().pages(first, count),
        errno -> pieceEnded(first, count, errno));
    return false;
  }

  private void fill(long nowNanos) {
    long most = Math.max(bytesPerSecond, (long) PIECE_PAGES_MAX * Bytes.PAGE);
    // A pause of hours would overflow, and earns no more than a second.
    long elapsed = Math.min(nowNanos - filledNanos, 1_000 * NANOS_PER_SECOND);
    long earned = (long) ((double) elapsed * bytesPerSecond / NANOS_PER_SECOND);
    if (earned > 0) {
      tokens = Math.min(most, tokens + earned);
      filledNanos = nowNanos;
    }
  }

  private void pieceEnded(int first, int count, int errno) {
    pending--;
    pieceRead = true;
    if (errno == 0) {
      return;
    }
    // A bad sector must not take its neighbours along.
    for (int i = first; i < first + count; i++) {
      int at = i;
      pending++;
      serving.disk.read(
          geometry.offset(segment, at), buffer().pages(at, 1), result -> pageEnded(at, result));
    }
  }

  private void pageEnded(int at, int errno) {
    pending--;
    if (errno != 0) {
      unreadable.set(at);
      buffer().pages(at, 1).fill((byte) 0);
    }
  }

  private PageBuffer buffer() {
    PageBuffer present = buffer;
    if (present == null) {
      present = new PageBuffer(serving.arena, geometry.segmentBytes());
      buffer = present;
    }
    return present;
  }

  // ---- looking

  private CommitHeader.Pages read() {
    return new CommitHeader.Pages(buffer(), segment, sequence, pages);
  }

  /** What has died meanwhile is nobody's business any more. */
  private void verify() {
    table.readers[segment]--;
    damaged.subMap(Location.of(segment, 0), Location.of(segment + 1, 0)).clear();
    CommitHeader.forEach(
        read(),
        geometry,
        serving.checksum,
        commit -> {
          for (int i = 0; i < commit.entries(); i++) {
            entry(commit, i);
          }
        });
    live.stream().forEach(slot -> found(slot, 0, -1, UNNAMED));
  }

  /** Takes the slot of an entry off those that no header has named yet. */
  private void entry(CommitHeader.Fields commit, int i) {
    int slot = commit.slot(i);
    if (!live.get(slot)) {
      return;
    }
    live.clear(slot);
    var m = buffer().memory;
    int entry = commit.entryAt(i);
    long address = CommitHeader.block(m, entry);
    Layer holder;
    try {
      holder = namespace.holder(Bytes.u64(m, entry), address, Location.of(segment, slot));
    } catch (MapPages.Damaged lost) {
      found(slot, 0, -1, LOST);
      return;
    }
    if (holder == null) {
      found(slot, 0, -1, UNMAPPED);
      return;
    }
    blocksChecked++;
    if (unreadable.get(slot)) {
      found(slot, holder.id, address, UNREADABLE);
    } else if (serving.checksum.block(buffer(), slot * Bytes.PAGE, address)
        != holder.map.foundCrc()) {
      found(slot, holder.id, address, WRONG);
    }
  }

  private void found(int slot, long layerId, long block, String reason) {
    if (!table.isLive(segment, slot)) {
      return;
    }
    if (damaged.size() < LISTED_MAX) {
      damaged.put(
          Location.of(segment, slot),
          new ScrubReport.Damaged(segment, slot, layerId, block, reason));
    } else {
      unlisted++;
    }
  }
}
