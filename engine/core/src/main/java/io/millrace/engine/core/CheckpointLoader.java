package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Takes the chunks of a checkpoint, in the order of its directory, into tables and maps. */
final class CheckpointLoader {
  private final SegmentTable table;
  private final Namespace namespace;
  private final Bounds bounds;
  private final LiveSlots live = new LiveSlots();
  private int[] reserve = new int[0];
  private long lastLayer;
  private long lastLeaf;

  CheckpointLoader(SegmentTable table, Namespace namespace) {
    this.table = table;
    this.namespace = namespace;
    bounds = new Bounds(table.geometry);
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
  }

  void load(PageBuffer chunk, ChunkReference reference) {
    checkpointSegment(reference.segment());
    int items = Chunk.items(chunk);
    long end = Chunk.HEADER_BYTES + (long) Chunk.bytes(chunk);
    Bounds.require(end <= (long) reference.pages() * Bytes.PAGE && items >= 0, "length", end);
    switch (Chunk.kind(chunk)) {
      case Chunk.DIRECTORY -> {}
      case Chunk.LIVE -> live.load(chunk.memory, items, end, namespace, bounds);
      case Chunk.CATALOG -> catalog(chunk.memory, items, end);
      case Chunk.SEGMENTS -> segments(chunk.memory, items, end);
      case Chunk.RESERVE -> reserve(chunk.memory, items, end);
      case Chunk.MAP -> leaves(chunk, reference, end);
      default -> throw new IllegalStateException("chunk kind " + Chunk.kind(chunk));
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
    layer.frozen = (Records.number(m, at, 2) & 1) != 0;
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

  /** Leaves ascend, over all chunks: the next checkpoint goes by that. */
  private void leaves(PageBuffer chunk, ChunkReference reference, long end) {
    MemorySegment m = chunk.memory;
    int items = Chunk.items(chunk);
    long at = Chunk.HEADER_BYTES;
    for (int i = 0; i < items; i++) {
      Bounds.require(LeafImage.fits(m, at, end), "leaf at", at);
      LayerMap map = namespace.requireLayer(Bytes.u64(m, at)).map;
      long leaf = Bytes.u64(m, at + 8);
      int count = Bytes.u16(m, at + 16);
      Bounds.leaf(leaf);
      MapChunk next = new MapChunk(Bytes.u64(m, at), leaf, items, reference);
      Bounds.require(next.isAfter(lastLayer, lastLeaf), "leaf out of order", leaf);
      lastLayer = next.layerId();
      lastLeaf = leaf;
      if (i == 0) {
        namespace.mapChunks.add(next);
      }
      if (count == Chunk.WHITE_LEAF) {
        map.putWhiteLeaf(leaf);
        at += Chunk.LEAF_HEADER_BYTES;
      } else {
        boolean white = (Bytes.u16(m, at + 18) & Chunk.FLAG_WHITE_ELSEWHERE) != 0;
        requirePlaces(m, at + Chunk.LEAF_HEADER_BYTES, count);
        map.loadLeaf(leaf, m, at + Chunk.LEAF_HEADER_BYTES, count, white);
        at += LeafImage.bytes(count);
      }
      map.written(leaf);
    }
  }

  private void requirePlaces(MemorySegment m, long leaf, int count) {
    for (int rank = 0; rank < count; rank++) {
      bounds.location(Leaf.location(m, Leaf.entry(leaf, rank)));
    }
  }
}
