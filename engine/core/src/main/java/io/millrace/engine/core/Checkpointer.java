package io.millrace.engine.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes checkpoints, and with them makes dead segments free.
 *
 * <pre>
 * wait until no command is on its way → cut: catalog, segment table, LSN → chunks of the maps, while
 * writes go on → the slots that are live by these maps, their index → sync → root to the place of the older root → sync → root to the other → sync
 * → the segments that were empty at the cut, and those of the checkpoint before, are free, but for
 *   those that hold chunks of this one
 * </pre>
 *
 * <p>Of the maps only those chunks are written whose leaves have changed since the last checkpoint;
 * the directory refers to the others where they stand.
 *
 * <p>The maps may be newer than the cut, and the live slots with them ({@link CutSlots}). That is
 * sound: replay from the cut sets each block in order again, every commit the maps may reflect is
 * durable before the root is, and merges of layers wait meanwhile.
 *
 * <p>Why an empty segment is not needed any more: the records that killed its blocks are at or
 * below the cut or, if relocations moved them, the maps that are being written hold the new places;
 * and its own commits are below the cut.
 */
final class Checkpointer {
  private final Serving serving;
  private final SegmentTable table;
  private final Namespace namespace;
  private final ChunkWriter writer;
  private final PageBuffer page;
  private final CheckpointSize size;
  private final int leavesPerStep;

  private @Nullable Runnable next;
  private int pending;
  private boolean waiting;
  private boolean waitsForOthers;
  private boolean reading;
  private int olderRoot;
  private long number;
  private long startedNanos;
  private int[] own;

  // The checkpoint under way.
  private ArrayDeque<ImageParts.Part> parts = new ArrayDeque<>();
  private LiveImage live;
  private IndexImage index;
  private @Nullable CutSlots slots;
  private KeptChunks.Need need = KeptChunks.Need.STARVED;

  /** The last one was given up; this one writes everything. */
  private boolean again;

  private KeptChunks kept;
  private List<MapChunk> before = List.of();
  private final List<MapChunk> mapChunks = new ArrayList<>();
  private @Nullable MapWalk walk;
  private int range;
  private boolean rewriting;
  private @Nullable MapChunk passed;
  private long chunkLayer;
  private long chunkLeaf;
  private int chunkItems;
  private int chunkBytes;
  private int[] freed = new int[0];
  private int[] reserve = new int[0];
  private final List<ChunkReference> chunks = new ArrayList<>();
  private final ArrayDeque<ChunkReference> directory = new ArrayDeque<>();
  private int listed;
  private int directoryNext;
  private Root root = Root.empty(0);
  private long syncedLsn;

  /** By the count that begins with this opening: below 0 for log that it has found. */
  private long loggedBytesAtCut;

  /** When one was given up: what could be taken, and what it was reckoned to need; -1: never. */
  private int failedWith = -1;

  private int failedNeed;

  long checkpoints;

  Checkpointer(Serving serving, Recovery.Loaded loaded) {
    this.serving = serving;
    table = serving.table;
    namespace = serving.namespace;
    number = loaded.checkpointNumber();
    loggedBytesAtCut = -loaded.replayedBytes();
    own = table.all(SegmentTable.CHECKPOINT);
    size = CheckpointSize.of(table.geometry);
    leavesPerStep = serving.options.tuning().leavesPerStep();
    serving.space.checkpointOwns(own.length);
    writer = new ChunkWriter(serving, size);
    live = new LiveImage(size.imageBytesMax());
    index = new IndexImage(size.imageBytesMax());
    kept = new KeptChunks(before, table.geometry, need);
    page = new PageBuffer(serving.arena, Bytes.PAGE);
  }

  /** Whether one that begins now will find room. */
  boolean fits() {
    int need = serving.space.checkpointSegments();
    boolean sameAgain = table.allocatable() <= failedWith && need >= failedNeed;
    return table.allocatable() >= need && !sameAgain;
  }

  boolean idle() {
    return next == null && pending == 0 && !writer.busy();
  }

  /** Commands are held back until the cut is taken. */
  boolean waitsForCut() {
    return waiting;
  }

  /** The maps are being read: no merge may run. */
  boolean readsMaps() {
    return reading;
  }

  /** Where one that is being written is; null: none is. */
  MapPages.@Nullable Front front() {
    return walk;
  }

  long loggedBytesAtCut() {
    return loggedBytesAtCut;
  }

  void start(KeptChunks.Need segments) {
    number++;
    startedNanos = serving.now();
    waiting = true;
    // One that writes everything may need less than one that leaves old segments as they are.
    need = again ? KeptChunks.Need.STARVED : segments;
    again = false;
    chunks.clear();
    writer.begin();
    next = this::waitForCut;
  }

  /** Goes on; true when it would go on at once if polled again. */
  boolean pump() {
    if (pending == 0 && !writer.busy() && next != null && !serving.health.stopped()) {
      Runnable step = next;
      next = null;
      waitsForOthers = false;
      step.run();
      return pending == 0 && !writer.busy() && !waitsForOthers;
    }
    return false;
  }

  private void waitForCut() {
    if (serving.committer.catalogSettled()) {
      cut();
    } else {
      serving.committer.sealAll();
      waitsForOthers = true;
      next = this::waitForCut;
    }
  }

  private void cut() {
    waiting = false;
    loggedBytesAtCut = serving.loggedBytes();
    namespace.dropSignposts(table.lowestSequenceInUse());
    int[] empty = table.all(SegmentTable.SEALED);
    freed = Arrays.copyOf(empty, empty.length + own.length);
    System.arraycopy(own, 0, freed, empty.length, own.length);
    reserve = table.nextReserve(freed);
    parts = new ArrayDeque<>(CheckpointImage.of(namespace, table, reserve, size.imageBytesMax()));
    beginMaps();
    root =
        new Root(
            number,
            serving.superblock.epoch(),
            serving.committer.appliedLsn(),
            serving.committer.appliedCrc(),
            0,
            table.nextSequence(),
            namespace.nextId(),
            serving.cleaner.nextRelocation(),
            List.of(),
            0);
    reading = true;
    next = this::writePart;
  }

  private void writePart() {
    ImageParts.Part part = parts.peek();
    if (part == null) {
      next = reading ? this::writeMaps : this::beginDirectory;
      return;
    }
    next = this::writePart;
    int bytes = (int) part.bytes().byteSize();
    java.lang.foreign.MemorySegment.copy(
        part.bytes(), 0, writer.buffer.memory, Chunk.HEADER_BYTES, bytes);
    if (writeChunk(part.kind(), part.items(), bytes)) {
      parts.remove();
    }
  }

  // ---- maps: ranges of leaves, each from the first of an older chunk to that of the next

  private void beginMaps() {
    List<Layer> layers = new ArrayList<>();
    for (Layer layer : namespace.layers.inOrder()) {
      if (layer.mergedInto == null) {
        layers.add(layer);
      }
    }
    before = List.copyOf(namespace.pages.chunks());
    kept = new KeptChunks(before, table.geometry, need);
    mapChunks.clear();
    live = new LiveImage(size.imageBytesMax());
    index = new IndexImage(size.imageBytesMax());
    MapWalk front = new MapWalk(layers, live);
    walk = front;
    slots = new CutSlots(table, front);
    serving.blocks.cut(slots);
    range = 0;
    rewriting = before.isEmpty();
    passed = null;
    chunkItems = 0;
    chunkBytes = 0;
  }

  private void writeMaps() {
    next = this::writeMaps;
    for (int leaves = 0; leaves < leavesPerStep; leaves++) {
      if (passed != null) {
        leaves += passed.items();
        if (!keep(passed)) {
          return;
        }
      } else if (!rewriting && range < before.size()) {
        if (!passOrRewrite()) {
          waitsForOthers = true;
          return;
        }
      } else if (!rewriting || !walk().hasNext(limit())) {
        if (!endOfRange()) {
          return;
        }
      } else if (chunkBytes > size.mapBytesFull()) {
        if (!writeMapChunk()) {
          return;
        }
      } else if (!namespace.pages.isReadyToJoin(walk().map(), walk().leaf())) {
        waitsForOthers = true;
        return;
      } else {
        addNextLeaf();
        namespace.pages.gotOn();
      }
    }
  }

  /** Where the range ends: at the first leaf of the next older chunk. */
  private @Nullable MapChunk limit() {
    return range + 1 < before.size() ? before.get(range + 1) : null;
  }

  /** False: it waits for leaves, whose whiteouts have to be told. */
  private boolean passOrRewrite() {
    MapChunk chunk = before.get(range);
    if (chunk.hides() && !namespace.pages.isReady(chunk)) {
      return false;
    }
    boolean fits = chunkItems == 0 || chunkBytes >= CheckpointSize.mapBytesMin();
    if (fits && kept.mayKeep(chunk) && walk().pass(chunk, limit())) {
      passed = chunk;
    } else {
      rewriting = true;
    }
    return true;
  }

  /** Refers to a chunk again, after those leaves that come before it; false: not yet. */
  private boolean keep(MapChunk chunk) {
    if (chunkItems > 0 && !writeMapChunk()) {
      return false;
    }
    mapChunks.add(chunk);
    chunks.add(chunk.reference());
    index.add(chunk, walk().takePassed());
    passed = null;
    range++;
    return true;
  }

  /** Goes on with the next range, or with the directory; false: not yet. */
  private boolean endOfRange() {
    if (range + 1 < before.size()) {
      range++;
      rewriting = false;
      return true;
    }
    if (chunkItems > 0 && !writeMapChunk()) {
      return false;
    }
    endMaps();
    return false;
  }

  private void endMaps() {
    reading = false;
    serving.blocks.cut(null);
    live.slots(table, java.util.Objects.requireNonNull(slots));
    slots = null;
    parts = live.parts();
    parts.addAll(index.parts());
    next = this::writePart;
  }

  private MapWalk walk() {
    return java.util.Objects.requireNonNull(walk);
  }

  private void beginDirectory() {
    listed = chunks.size();
    directory.clear();
    directoryNext = 0;
    next = this::writeDirectory;
  }

  private void addNextLeaf() {
    if (chunkItems == 0) {
      chunkLayer = walk().layerId();
      chunkLeaf = walk().leaf();
    }
    chunkBytes += walk().write(writer.buffer.memory, Chunk.HEADER_BYTES + (long) chunkBytes);
    chunkItems++;
  }

  private boolean writeMapChunk() {
    if (!writeChunk(Chunk.MAP, chunkItems, chunkBytes)) {
      return false;
    }
    MapChunk chunk =
        new MapChunk(chunkLayer, chunkLeaf, chunkItems, walk().takeRuns(), chunks.getLast());
    mapChunks.add(chunk);
    index.add(chunk, walk().takeWritten());
    chunkItems = 0;
    chunkBytes = 0;
    return true;
  }

  // ---- end

  private void writeDirectory() {
    int count = Math.min(size.referencesMax(), listed - directoryNext);
    for (int i = 0; i < count; i++) {
      long at = Chunk.HEADER_BYTES + (long) i * ChunkReference.BYTES;
      chunks.get(directoryNext + i).write(writer.buffer.memory, at);
    }
    next = this::writeDirectory;
    if (writeChunk(Chunk.DIRECTORY, count, count * ChunkReference.BYTES)) {
      directory.add(chunks.getLast());
      directoryNext += count;
      next = directoryNext == listed ? this::flushChunks : this::writeDirectory;
    }
  }

  private void flushChunks() {
    writer.flush();
    next = this::syncAll;
  }

  private void syncAll() {
    syncedLsn = serving.committer.appliedLsn();
    pending++;
    serving.disk.sync(this::allSynced);
    next = this::writeRoot;
  }

  /** At once, so that the very next commit bears witness of it. */
  private void allSynced(int errno) {
    pending--;
    if (errno == 0) {
      serving.durability.synced(syncedLsn);
    }
  }

  private void writeRoot() {
    root =
        new Root(
            root.number(),
            root.epoch(),
            root.cutLsn(),
            root.cutCrc(),
            syncedLsn,
            root.nextSegmentSequence(),
            root.nextId(),
            root.nextRelocation(),
            List.copyOf(directory),
            listed);
    root.encode(page, serving.checksum);
    writeRootTo(olderRoot);
    next =
        () -> {
          sync();
          next = this::writeOtherRoot;
        };
  }

  private void writeOtherRoot() {
    writeRootTo(1 - olderRoot);
    next =
        () -> {
          sync();
          next = this::finish;
        };
  }

  private void finish() {
    olderRoot = 1 - olderRoot;
    serving.committer.witnessed(root.durableLsn());
    own = segmentsOfChunks();
    for (int segment : freed) {
      if (Arrays.binarySearch(own, segment) < 0) {
        table.free(segment);
      }
    }
    table.reserve(reserve);
    namespace.pages.replace(mapChunks);
    walk = null;
    failedWith = -1;
    serving.space.checkpointOwns(own.length);
    checkpoints++;
    serving.watcher.checkpointed(number, serving.now() - startedNanos);
  }

  private int[] segmentsOfChunks() {
    return chunks.stream().mapToInt(ChunkReference::segment).distinct().sorted().toArray();
  }

  // ---- tools

  private void writeRootTo(int slot) {
    int at = slot == 0 ? Geometry.ROOT_A : Geometry.ROOT_B;
    pending++;
    serving.disk.write((long) at * Bytes.PAGE, page.memory, _ -> pending--);
  }

  private void sync() {
    pending++;
    serving.disk.sync(_ -> pending--);
  }

  /** Writes the buffer as a chunk; false: not yet. */
  private boolean writeChunk(int kind, int items, int bytes) {
    ChunkReference reference = writer.add(new Chunk.Title(root.number(), kind, items, bytes));
    if (reference == null) {
      if (writer.outOfSegments()) {
        waitForSegment();
      }
      return false;
    }
    chunks.add(reference);
    return true;
  }

  private void waitForSegment() {
    if (table.reserveHasReaders()) {
      waitsForOthers = true;
    } else {
      giveUp();
    }
  }

  /**
   * There is no room for it, against all reckoning: what it took goes back, so that deletes and
   * discards find room for their records. What stands on the disk is not touched.
   */
  private void giveUp() {
    writer.giveBack();
    again = need != KeptChunks.Need.STARVED;
    failedWith = again ? -1 : table.allocatable();
    failedNeed = serving.space.checkpointSegments();
    if (walk != null) {
      walk.takeBack();
      walk = null;
    }
    serving.blocks.cut(null);
    reading = false;
    parts.clear();
    passed = null;
    next = null;
  }
}
