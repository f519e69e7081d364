package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which chunks of the standing checkpoint have the leaves of the maps, and their way into memory
 * and out of it.
 *
 * <p>A whole chunk comes at a time, and goes at a time: when all of its leaves are as it has them.
 * Those that nobody asked for since the last round go first. Owner thread only.
 */
final class MapPages implements LayerMap.Source {
  /** A bad read may have been one of many good ones. */
  private static final int ATTEMPTS = 3;

  /** Chunks that are read together by those who go through all, and where they are looked for. */
  private static final int READ_AHEAD = 8;

  private static final int LOOK_AHEAD = 32;

  /** So often somebody is told to wait, one time after the other. */
  private static final int PATIENCE = 64;

  /** Chunks on their way at a time. */
  private static final int READS_MAX = 16;

  private static final ChunkReference NOWHERE = new ChunkReference(0, 0, 0, 0, 0);

  /** The checkpoint does not have what it said it has: nothing can be done without it. */
  static final class Damaged extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient ChunkReference chunk;
    private final long layerId;

    Damaged(long layerId, ChunkReference chunk) {
      super(
          "the maps: the chunk of the checkpoint in segment %d page %d can't be read; a rebuild makes them anew"
              .formatted(chunk.segment(), chunk.page()));
      this.layerId = layerId;
      this.chunk = chunk;
    }

    /** Names the place and the remedy. */
    String reason() {
      return require(getMessage());
    }

    /** What that means for a block. */
    StoreReader.Damage of(long offset) {
      return new StoreReader.Damage(
          offset, layerId, chunk.segment(), chunk.page(), "the map that says where it is is lost");
    }
  }

  /** Told that a chunk has come. */
  interface Arrival {
    /**
     * The chunk has come, or it can't be read.
     *
     * @param errno 0 or EIO
     */
    void arrived(int errno);
  }

  /** A checkpoint that is being written: leaves behind it are no longer as the standing one has. */
  interface Front {
    /** Whether it has yet to come to this leaf. */
    boolean isBefore(long layerId, long leaf);
  }

  private final Namespace namespace;
  private List<MapChunk> chunks = new ArrayList<>();
  private final Set<ChunkReference> standing = new HashSet<>();

  /** Those of them that could not be read. */
  private final Set<ChunkReference> lost = new HashSet<>();

  private int inVain;

  /** Those that were asked for since somebody got on. */
  private final Set<ChunkReference> tried = new HashSet<>();

  /** On their way for somebody who needs many at a time; and how often one of them has ended. */
  private int expected;

  private long expectedEnded;
  private LayerMap.Graves graves = (_, _, _) -> {};
  private @Nullable Disk disk;
  private @Nullable Checksum checksum;
  private @Nullable Geometry geometry;
  private @Nullable SegmentTable table;
  private @Nullable PageBuffer buffer;
  private int hand;

  /** Chunks looked at since one came, went, or another checkpoint stood. */
  private long fruitless;

  private final Map<ChunkReference, Fetch> fetches = new HashMap<>();
  private final ArrayDeque<Fetch> queue = new ArrayDeque<>();
  private final ArrayDeque<Fetch> idle = new ArrayDeque<>();
  private final ArrayDeque<PageBuffer> buffers = new ArrayDeque<>();
  private int reading;

  /** Chunks that were read; of them, while everybody waited; and that left memory. */
  long reads;

  long readsNow;
  long departures;

  MapPages(Namespace namespace) {
    this.namespace = namespace;
  }

  /** From where leaves come; before that none may be absent. */
  void source(Disk from, Checksum check, SegmentTable slots, LayerMap.Graves of) {
    disk = from;
    checksum = check;
    geometry = slots.geometry;
    table = slots;
    graves = of;
  }

  /** How often a chunk has come, or could not, that was {@link #expect}ed. */
  long expectedEnded() {
    return expectedEnded;
  }

  /** Those of the checkpoint that stands, in its order. */
  List<MapChunk> chunks() {
    return chunks;
  }

  void add(MapChunk chunk) {
    chunks.add(chunk);
    standing.add(chunk.reference());
  }

  /** Another checkpoint stands: every absent leaf is in a chunk that both have. */
  void replace(List<MapChunk> others) {
    chunks = new ArrayList<>(others);
    standing.clear();
    lost.clear();
    chunks.forEach(chunk -> standing.add(chunk.reference()));
    hand = 0;
    fruitless = 0;
  }

  /** The chunk that has, or had, this leaf; null: none can. */
  @Nullable MapChunk of(long layerId, long leaf) {
    int at = indexOf(layerId, leaf);
    return at < 0 ? null : chunks.get(at);
  }

  private int indexOf(long layerId, long leaf) {
    int low = 0;
    int high = chunks.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (chunks.get(middle).isAfter(layerId, leaf)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low - 1;
  }

  // ---- in

  /** Reads its chunk at once: for those who can't wait. */
  @Override
  public void bring(LayerMap map, long leafIndex) {
    MapChunk chunk = of(map.layerId, leafIndex);
    ChunkReference reference = chunk == null ? NOWHERE : chunk.reference();
    if (chunk == null || !readNow(reference)) {
      throw new Damaged(map.layerId, reference);
    }
    arrived(buffer());
    if (map.misses(leafIndex)) {
      throw new Damaged(map.layerId, reference);
    }
  }

  private boolean readNow(ChunkReference r) {
    Disk from = require(disk);
    Geometry shape = require(geometry);
    MemorySegment to = buffer().pages(0, r.pages());
    reads++;
    readsNow++;
    for (int i = 0; i < ATTEMPTS; i++) {
      if (from.readNow(shape.offset(r.segment(), r.page()), to) == 0 && isGood(r, buffer())) {
        return true;
      }
    }
    return false;
  }

  private PageBuffer buffer() {
    PageBuffer b = buffer;
    if (b == null) {
      b = newBuffer();
      buffer = b;
    }
    return b;
  }

  /** For one chunk. */
  PageBuffer newBuffer() {
    int pages = CheckpointSize.of(require(geometry)).mapPages();
    return new PageBuffer(Arena.ofAuto(), (long) pages * Bytes.PAGE);
  }

  /** Whether the standing checkpoint has that chunk. */
  boolean stands(ChunkReference reference) {
    return standing.contains(reference);
  }

  /** Whether the buffer has that chunk. */
  boolean isGood(ChunkReference reference, PageBuffer from) {
    return Chunk.good(from, require(checksum), reference) && makesSense(reference, from);
  }

  /** A checksum proves who wrote it, not that it was right. */
  private boolean makesSense(ChunkReference reference, PageBuffer from) {
    MemorySegment m = from.memory;
    Bounds bounds = new Bounds(require(geometry));
    long end = Chunk.HEADER_BYTES + (long) Chunk.bytes(from);
    if (end > (long) reference.pages() * Bytes.PAGE) {
      return false;
    }
    long at = Chunk.HEADER_BYTES;
    for (int i = 0; i < Chunk.items(from); i++) {
      if (!LeafImage.fits(m, at, end) || !makesSense(m, at, bounds)) {
        return false;
      }
      at += LeafImage.length(m, at);
    }
    return true;
  }

  /** What an absent leaf names is live: live slots are never too few. */
  private boolean makesSense(MemorySegment m, long at, Bounds bounds) {
    Layer layer = namespace.layers.get(Bytes.u64(m, at));
    long leaf = Bytes.u64(m, at + 8);
    boolean absent = layer != null && layer.map.isAbsent(leaf);
    int count = LeafImage.entries(m, at);
    for (int rank = 0; rank < count; rank++) {
      long location = Leaf.location(m, Leaf.entry(at + Chunk.LEAF_HEADER_BYTES, rank));
      if (!bounds.isLocation(location) || (absent && location >= 0 && !isLive(location))) {
        return false;
      }
    }
    return true;
  }

  private boolean isLive(long location) {
    return require(table).isLive(Location.segment(location), Location.slot(location));
  }

  /** Puts in what is missing of a good chunk's leaves. */
  private void arrived(PageBuffer from) {
    // Some more may leave now: it, for one.
    fruitless = Math.min(fruitless, Math.max(0, 2L * chunks.size() - LOOK_AHEAD));
    MemorySegment m = from.memory;
    long at = Chunk.HEADER_BYTES;
    for (int i = 0; i < Chunk.items(from); i++) {
      boolean white = (Bytes.u16(m, at + 18) & Chunk.FLAG_WHITE_ELSEWHERE) != 0;
      long entries = at + Chunk.LEAF_HEADER_BYTES;
      Layer layer = namespace.layers.get(Bytes.u64(m, at));
      if (layer != null) {
        layer.map.arrive(Bytes.u64(m, at + 8), m, entries, Bytes.u16(m, at + 16), white, graves);
      }
      at += LeafImage.length(m, at);
    }
  }

  /**
   * Reads the chunk of a leaf that is missing, with others meanwhile. It may have come and gone
   * again when {@code then} is told.
   */
  void fetch(LayerMap map, long leafIndex, Arrival then) {
    MapChunk chunk = of(map.layerId, leafIndex);
    if (chunk == null) {
      then.arrived(Errno.EIO);
    } else {
      fetch(chunk.reference()).waiters.add(then);
    }
  }

  private Fetch fetch(ChunkReference reference) {
    Fetch under = fetches.get(reference);
    if (under != null) {
      return under;
    }
    Fetch fetch = idle.isEmpty() ? new Fetch() : idle.pop();
    fetch.reference = reference;
    fetches.put(reference, fetch);
    if (reading < READS_MAX) {
      fetch.begin();
    } else {
      queue.add(fetch);
    }
    return fetch;
  }

  /**
   * Whether a leaf can be asked for without holding anybody up. If not it is on its way, and some
   * of those behind it: ask again when something has ended. Who has waited in vain is let through,
   * until he has {@link #gotOn}.
   */
  boolean isReady(LayerMap map, long leafIndex) {
    return isReady(map, leafIndex, Visit.IS_MISSING);
  }

  /** The same of the first leaf of a chunk, which brings all of it. */
  boolean isReady(MapChunk chunk) {
    Layer layer = namespace.layers.get(chunk.layerId());
    return layer == null || isReady(layer.map, chunk.leaf(), Visit.IS_MISSING);
  }

  /** The same for one who passes over chunks that have no partial leaf. */
  boolean isReadyToJoin(LayerMap map, long leafIndex) {
    return isReady(map, leafIndex, Visit.IS_PARTIAL);
  }

  /** The same for one who looks also into the layers below. */
  boolean isReadyBelow(Layer layer, long leafIndex) {
    boolean ready = true;
    for (Layer l = layer; l != null && ready; l = l.parent) {
      ready = isReady(l.map, leafIndex);
    }
    return ready;
  }

  /** Somebody who was told to wait, or was let through, has got on. */
  void gotOn() {
    inVain = 0;
    tried.clear();
  }

  /**
   * Whether a leaf is missing that can be read; then it is on its way, unless many are that were
   * expected.
   */
  boolean expect(LayerMap map, long leafIndex) {
    if (!map.misses(leafIndex)) {
      return false;
    }
    int at = indexOf(map.layerId, leafIndex);
    if (at < 0 || lost.contains(chunks.get(at).reference())) {
      return false;
    }
    ChunkReference reference = chunks.get(at).reference();
    if (fetches.containsKey(reference) || expected < READS_MAX) {
      fetch(reference).expect();
    }
    return true;
  }

  private boolean isReady(LayerMap map, long leafIndex, Visit wanted) {
    if (!map.misses(leafIndex) || inVain >= PATIENCE) {
      return true;
    }
    int first = indexOf(map.layerId, leafIndex);
    if (first < 0 || lost.contains(chunks.get(first).reference())) {
      return true;
    }
    if (!fetches.containsKey(chunks.get(first).reference())) {
      inVain += tried.add(chunks.get(first).reference()) ? 0 : 1;
      fetch(chunks.get(first).reference());
      readAhead(first + 1, wanted);
    }
    return false;
  }

  private void readAhead(int first, Visit wanted) {
    int end = Math.min(chunks.size(), first + LOOK_AHEAD);
    for (int i = first, fetched = 0; i < end && fetched < READ_AHEAD; i++) {
      MapChunk chunk = chunks.get(i);
      if (walk(chunk, i + 1 < chunks.size() ? chunks.get(i + 1) : null, wanted)) {
        fetch(chunk.reference());
        fetched++;
      }
    }
  }

  /** A chunk on its way. */
  private final class Fetch implements Disk.Done {
    private final List<Arrival> waiters = new ArrayList<>();
    private ChunkReference reference = NOWHERE;
    private @Nullable PageBuffer into;
    private int attempts;
    private boolean isExpected;

    void expect() {
      expected += isExpected ? 0 : 1;
      isExpected = true;
    }

    /** Its segment is not written again meanwhile. */
    void begin() {
      reading++;
      reads++;
      attempts = 0;
      into = buffers.isEmpty() ? newBuffer() : buffers.pop();
      readers()[reference.segment()]++;
      submit();
    }

    private void submit() {
      attempts++;
      require(disk)
          .read(
              require(geometry).offset(reference.segment(), reference.page()),
              require(into).pages(0, reference.pages()),
              this);
    }

    @Override
    public void done(int errno) {
      PageBuffer from = require(into);
      boolean good = errno == 0 && isGood(reference, from);
      boolean stands = stands(reference);
      if (!good && stands && attempts < ATTEMPTS) {
        submit();
        return;
      }
      reading--;
      readers()[reference.segment()]--;
      // Another checkpoint may stand by now, which has the leaf as it was since.
      if (good && stands) {
        arrived(from);
      }
      buffers.push(from);
      into = null;
      fetches.remove(reference);
      if (!good && stands) {
        lost.add(reference);
      }
      tell(!good && stands ? Errno.EIO : 0);
      while (!queue.isEmpty() && reading < READS_MAX) {
        queue.remove().beginIfItStands();
      }
    }

    /** While it was in the queue its segment may have been written again. */
    private void beginIfItStands() {
      if (stands(reference)) {
        begin();
      } else {
        fetches.remove(reference);
        tell(0);
      }
    }

    private void tell(int errno) {
      expected -= isExpected ? 1 : 0;
      expectedEnded += isExpected ? 1 : 0;
      isExpected = false;
      for (Arrival waiter : waiters) {
        waiter.arrived(errno);
      }
      waiters.clear();
      idle.push(this);
    }
  }

  private int[] readers() {
    return require(table).readers;
  }

  private static <T> T require(@Nullable T it) {
    return java.util.Objects.requireNonNull(it);
  }

  // ---- out

  /**
   * Goes on round the chunks; those that may go and were not asked for leave memory.
   *
   * @param front of the checkpoint that is being written; null: none
   * @param chunksMax how many are looked at
   * @param enough when this is reached; bytes of the maps as the budget counts them
   */
  void shrink(@Nullable Front front, int chunksMax, long enough) {
    int visits = Math.min(chunksMax, chunks.size());
    for (int i = 0; i < visits && !exhausted(); i++) {
      if (namespace.cells.budgetedBytes() <= enough) {
        return;
      }
      hand = hand >= chunks.size() ? 0 : hand;
      fruitless++;
      MapChunk chunk = chunks.get(hand++);
      if (front == null || front.isBefore(chunk.layerId(), chunk.leaf())) {
        leave(chunk, hand < chunks.size() ? chunks.get(hand) : null);
      }
    }
  }

  /** Nothing more can leave, until a checkpoint has been written or something has come. */
  boolean exhausted() {
    return fruitless >= 2L * chunks.size();
  }

  private void leave(MapChunk chunk, @Nullable MapChunk next) {
    if (walk(chunk, next, Visit.IS_THERE)
        && walk(chunk, next, Visit.MAY_LEAVE)
        && !walk(chunk, next, Visit.WAS_USED)
        && walk(chunk, next, Visit.LEAVE)) {
      departures++;
      fruitless = 0;
    }
  }

  private enum Visit {
    /** Whether one is in memory; ends with the first. */
    IS_THERE,
    /** Whether all may. */
    MAY_LEAVE,
    /** Whether one was; from now on none was. */
    WAS_USED,
    /** Whether one has left now. */
    LEAVE,
    /** Whether one is. */
    IS_MISSING,
    IS_PARTIAL
  }

  /** Visits the leaves between the first of a chunk and that of the next; returns what it finds. */
  private boolean walk(MapChunk chunk, @Nullable MapChunk next, Visit visit) {
    int found = 0;
    boolean any = false;
    for (MapChunk.Run run : chunk.runs()) {
      Layer layer = namespace.layers.get(run.layerId());
      long from = run.layerId() == chunk.layerId() ? chunk.leaf() : 0;
      long leaf = layer == null ? -1 : layer.map.nextLeaf(from);
      while (layer != null && leaf >= 0 && (next == null || next.isAfter(run.layerId(), leaf))) {
        found++;
        switch (visit) {
          case IS_THERE -> {
            if (!layer.map.isAbsent(leaf)) {
              return true;
            }
          }
          case MAY_LEAVE -> {
            if (!layer.map.mayLeave(leaf)) {
              return false;
            }
          }
          case WAS_USED -> any |= layer.map.wasUsed(leaf);
          case LEAVE -> any |= layer.map.leave(leaf);
          case IS_MISSING -> any |= layer.map.misses(leaf);
          case IS_PARTIAL -> any |= layer.map.isPartial(leaf);
        }
        leaf = layer.map.nextLeaf(leaf + 1);
      }
    }
    return visit == Visit.MAY_LEAVE ? found == chunk.items() : any;
  }
}
