package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Takes the chunks of a checkpoint, in the order of its directory, into tables and maps. */
final class CheckpointLoader {
  /** What the maps are made of. */
  enum Maps {
    /** Their index; leaves come when they are asked for. */
    INDEX(Chunk.MAP),
    /** All of their chunks: index or live slots are damaged. */
    CHUNKS(Chunk.LIVE, Chunk.INDEX),
    /** Live slots and the headers of commits. */
    LOG(Chunk.MAP, Chunk.INDEX);

    /** A bit for each kind of chunks that is not read. */
    private final int kinds;

    Maps(int... unwanted) {
      kinds = Arrays.stream(unwanted).map(kind -> 1 << kind).sum();
    }

    boolean wants(int kind) {
      return kind < 0 || kind >= Integer.SIZE || (kinds & 1 << kind) == 0;
    }
  }

  private final SegmentTable table;
  private final Namespace namespace;
  private final Bounds bounds;
  private final LiveSlots live = new LiveSlots();
  private final IndexLoader index;
  private final Maps from;
  private int[] reserve = new int[0];

  CheckpointLoader(SegmentTable table, Namespace namespace, Maps from) {
    this.table = table;
    this.namespace = namespace;
    this.from = from;
    bounds = new Bounds(table.geometry);
    index = new IndexLoader(namespace, table.geometry);
  }

  int[] reserve() {
    return reserve;
  }

  /** What the chunks of kind LIVE say, if any was loaded. */
  LiveSlots live() {
    return live;
  }

  /** Takes note of a chunk that need not be read. */
  void pass(ChunkReference reference) {
    checkpointSegment(reference.segment());
    if (reference.kind() == Chunk.MAP && from == Maps.INDEX) {
      index.chunk(reference);
    }
  }

  /** All chunks have come. */
  void end() {
    index.end();
  }

  void load(PageBuffer chunk, ChunkReference reference) {
    checkpointSegment(reference.segment());
    int items = Chunk.items(chunk);
    long end = Chunk.HEADER_BYTES + (long) Chunk.bytes(chunk);
    Bounds.require(end <= (long) reference.pages() * Bytes.PAGE && items >= 0, "length", end);
    switch (Chunk.kind(chunk)) {
      case Chunk.DIRECTORY -> {}
      case Chunk.LIVE -> live(chunk.memory, items, end);
      case Chunk.CATALOG -> catalog(chunk.memory, items, end);
      case Chunk.SEGMENTS -> segments(chunk.memory, items, end);
      case Chunk.RESERVE -> reserve(chunk.memory, items, end);
      case Chunk.MAP -> index.read(chunk, reference, end, table, bounds);
      case Chunk.INDEX -> index.load(chunk.memory, items, end);
      default -> throw new IllegalStateException("chunk kind " + Chunk.kind(chunk));
    }
  }

  private void live(MemorySegment m, int items, long end) {
    if (from == Maps.LOG) {
      live.load(m, items, end, namespace, bounds);
    } else {
      LiveSlots.load(m, items, end, table, bounds);
    }
  }

  private void checkpointSegment(int segment) {
    table.restate(segment, SegmentTable.CHECKPOINT);
  }

  private void catalog(MemorySegment m, int items, long end) {
    int at = Chunk.HEADER_BYTES;
    for (int i = 0; i < items; i++) {
      Bounds.require(Records.fits(m, at, end), "record at", at);
      switch (Records.type(m, at)) {
        case Chunk.TYPE_LAYER -> layer(m, at);
        case Chunk.TYPE_MERGED -> merged(m, at);
        default -> object(Records.decode(m, at));
      }
      at = Records.next(m, at);
    }
  }

  private void layer(MemorySegment m, int at) {
    long parent = Records.number(m, at, 1);
    Layer layer =
        namespace.addLayer(
            Records.number(m, at, 0), parent == 0 ? null : namespace.requireLayer(parent));
    long flags = Records.number(m, at, 2);
    layer.frozen = (flags & Chunk.FLAG_FROZEN) != 0;
    if ((flags & Chunk.FLAG_DYING) != 0) {
      Bounds.require(parent == 0, "parent of a dying layer", parent);
      layer.dying = true;
      namespace.dying.add(layer);
    }
  }

  private void merged(MemorySegment m, int at) {
    Layer owner = namespace.requireLayer(Records.number(m, at, 1));
    namespace.addMerged(Records.number(m, at, 0), owner, Records.number(m, at, 2));
  }

  private void object(Records record) {
    Bounds.record(record);
    switch (record) {
      case Records.VolumeCreated r ->
          namespace.addVolume(new Volume(r, namespace.requireLayer(r.layerId())));
      case Records.SnapshotCreated r -> namespace.change(r);
      default -> throw new IllegalStateException("in a checkpoint: " + record);
    }
  }

  private void segments(MemorySegment m, int items, long end) {
    requireRoom(items, Chunk.SEGMENT_BYTES, end);
    for (int i = 0; i < items; i++) {
      long at = Chunk.HEADER_BYTES + (long) i * Chunk.SEGMENT_BYTES;
      int segment = Bytes.u32(m, at);
      int state = Bytes.u8(m, at + 4);
      bounds.segment(segment);
      bounds.usedPages(Bytes.u16(m, at + 6));
      Bounds.require(state == SegmentTable.OPEN || state == SegmentTable.SEALED, "state", state);
      table.restate(segment, (byte) state);
      table.stream[segment] = (byte) Bytes.u8(m, at + 5);
      table.usedPages[segment] = Bytes.u16(m, at + 6);
      table.sequence[segment] = Bytes.u64(m, at + 8);
      table.sealedLsn[segment] = Bytes.u64(m, at + 16);
    }
  }

  private void reserve(MemorySegment m, int items, long end) {
    requireRoom(items, Integer.BYTES, end);
    int from = reserve.length;
    reserve = Arrays.copyOf(reserve, from + items);
    for (int i = 0; i < items; i++) {
      reserve[from + i] = Bytes.u32(m, Chunk.HEADER_BYTES + i * 4L);
      bounds.segment(reserve[from + i]);
    }
  }

  private static void requireRoom(int items, int bytes, long end) {
    Bounds.require(Chunk.HEADER_BYTES + (long) items * bytes <= end, "items", items);
  }
}
