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
 * wait until no command is on its way → cut: catalog, segment table, live slots, LSN → chunks
 * of the maps, while writes go on → sync → root to the place of the older root → sync → root to the other → sync
 * → the segments that were empty at the cut, and those of the checkpoint before, are free
 * </pre>
 *
 * <p>The maps may be newer than the cut. That is sound: replay from the cut sets each block in
 * order again, every commit the maps may reflect is durable before the root is, and merges of
 * layers wait meanwhile.
 *
 * <p>Why an empty segment is not needed any more: the records that killed its blocks are at or
 * below the cut or, if relocations moved them, the maps that are being written hold the new places;
 * and its own commits are below the cut.
 */
final class Checkpointer {
  private final Serving serving;
  private final SegmentTable table;
  private final Namespace namespace;
  private final PageBuffer buffer;
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
  private int[] own;

  // The checkpoint under way.
  private ArrayDeque<CheckpointImage.Part> parts = new ArrayDeque<>();
  private @Nullable LiveImage live;
  private ArrayDeque<Layer> layers = new ArrayDeque<>();
  private long leaf;
  private int chunkItems;
  private int chunkBytes;
  private int[] freed = new int[0];
  private int[] reserve = new int[0];
  private int[] taken = new int[0];
  private int takenPage;
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
    buffer = new PageBuffer(serving.arena, (long) size.chunkPages() * Bytes.PAGE);
    page = new PageBuffer(serving.arena, Bytes.PAGE);
  }

  /** Whether one that begins now will find room. */
  boolean fits() {
    int need = serving.space.checkpointSegments();
    boolean sameAgain = table.allocatable() <= failedWith && need >= failedNeed;
    return table.allocatable() >= need && !sameAgain;
  }

  boolean idle() {
    return next == null && pending == 0;
  }

  /** Commands are held back until the cut is taken. */
  boolean waitsForCut() {
    return waiting;
  }

  /** The maps are being read: no merge may run. */
  boolean readsMaps() {
    return reading;
  }

  long loggedBytesAtCut() {
    return loggedBytesAtCut;
  }

  void start() {
    number++;
    waiting = true;
    chunks.clear();
    taken = new int[0];
    next = this::waitForCut;
  }

  /** Goes on; true when it would go on at once if polled again. */
  boolean pump() {
    if (pending == 0 && next != null && !serving.health.stopped()) {
      Runnable step = next;
      next = null;
      waitsForOthers = false;
      step.run();
      return pending == 0 && !waitsForOthers;
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
    live = LiveImage.of(table, size.imageBytesMax());
    layers = new ArrayDeque<>();
    for (Layer layer : namespace.layers.inOrder()) {
      if (layer.mergedInto == null && !layer.dying) {
        layers.add(layer);
      }
    }
    leaf = 0;
    chunkItems = 0;
    chunkBytes = 0;
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
    CheckpointImage.Part part = parts.peek();
    if (part == null) {
      next = live == null ? this::beginDirectory : this::writeMap;
      return;
    }
    next = this::writePart;
    int bytes = (int) part.bytes().byteSize();
    java.lang.foreign.MemorySegment.copy(part.bytes(), 0, buffer.memory, Chunk.HEADER_BYTES, bytes);
    if (writeChunk(part.kind(), part.items(), bytes)) {
      parts.remove();
    }
  }

  /** Fills a chunk with leaves, of as many layers as it takes. */
  private void writeMap() {
    if (chunkItems == 0 && layers.isEmpty()) {
      reading = false;
      parts = imageOfLive().parts();
      live = null;
      next = this::writePart;
      return;
    }
    next = this::writeMap;
    int room = size.mapBytesFull();
    int leaves = 0;
    while (chunkBytes <= room && leaves < leavesPerStep && !layers.isEmpty()) {
      addNextLeaf();
      leaves++;
    }
    boolean full = chunkBytes > room || layers.isEmpty();
    if (full && chunkItems > 0 && writeChunk(Chunk.MAP, chunkItems, chunkBytes)) {
      chunkItems = 0;
      chunkBytes = 0;
    }
  }

  private void addNextLeaf() {
    Layer layer = layers.element();
    long index = layer.map.nextLeaf(leaf);
    if (index < 0) {
      layers.remove();
      leaf = 0;
      return;
    }
    chunkBytes +=
        LeafImage.write(layer, index, buffer.memory, Chunk.HEADER_BYTES + (long) chunkBytes);
    imageOfLive().whiteouts(layer, index);
    chunkItems++;
    leaf = index + 1;
  }

  private LiveImage imageOfLive() {
    return java.util.Objects.requireNonNull(live);
  }

  private void beginDirectory() {
    listed = chunks.size();
    directory.clear();
    directoryNext = 0;
    next = this::writeDirectory;
  }

  private void writeDirectory() {
    int count = Math.min(size.referencesMax(), listed - directoryNext);
    for (int i = 0; i < count; i++) {
      long at = Chunk.HEADER_BYTES + (long) i * ChunkReference.BYTES;
      chunks.get(directoryNext + i).write(buffer.memory, at);
    }
    next = this::writeDirectory;
    if (writeChunk(Chunk.DIRECTORY, count, count * ChunkReference.BYTES)) {
      directory.add(chunks.getLast());
      directoryNext += count;
      next = directoryNext == listed ? this::syncAll : this::writeDirectory;
    }
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
    for (int segment : freed) {
      table.free(segment);
    }
    table.reserve(reserve);
    own = taken;
    failedWith = -1;
    serving.space.checkpointOwns(own.length);
    checkpoints++;
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

  /** Writes the buffer as a chunk; false when no segment can be taken yet. */
  private boolean writeChunk(int kind, int items, int bytes) {
    int pages = Bytes.pages(Chunk.HEADER_BYTES + (long) bytes);
    if (taken.length == 0 || takenPage + pages > table.geometry.usablePages()) {
      int segment = table.takeForCheckpoint();
      if (segment < 0) {
        waitForSegment();
        return false;
      }
      taken = Arrays.copyOf(taken, taken.length + 1);
      taken[taken.length - 1] = segment;
      takenPage = 0;
      serving.space.checkpointTook(taken.length);
    }
    int segment = taken[taken.length - 1];
    Chunk.Title title = new Chunk.Title(root.number(), kind, items, bytes);
    chunks.add(Chunk.seal(buffer, serving.checksum, title, segment, takenPage));
    pending++;
    serving.disk.write(
        table.geometry.offset(segment, takenPage), buffer.pages(0, pages), _ -> pending--);
    takenPage += pages;
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
    for (int segment : taken) {
      table.giveBack(segment);
    }
    taken = new int[0];
    failedWith = table.allocatable();
    failedNeed = serving.space.checkpointSegments();
    serving.space.checkpointTook(0);
    reading = false;
    live = null;
    parts.clear();
    layers.clear();
    next = null;
  }
}
