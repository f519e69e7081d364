package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Takes the chunks of a checkpoint, in the order of its directory, into tables and maps. */
final class CheckpointLoader {
  private final SegmentTable table;
  private final Namespace namespace;
  private int[] reserve = new int[0];

  CheckpointLoader(SegmentTable table, Namespace namespace) {
    this.table = table;
    this.namespace = namespace;
  }

  int[] reserve() {
    return reserve;
  }

  void load(PageBuffer chunk, ChunkReference reference) {
    checkpointSegment(reference.segment());
    int items = Chunk.items(chunk);
    switch (Chunk.kind(chunk)) {
      case Chunk.DIRECTORY, Chunk.LIVE -> {}
      case Chunk.CATALOG -> catalog(chunk.memory, items);
      case Chunk.SEGMENTS -> segments(chunk.memory, items);
      case Chunk.RESERVE -> reserve(chunk.memory, items);
      case Chunk.MAP -> leaves(chunk.memory, items);
      default -> throw new IllegalStateException("chunk kind " + Chunk.kind(chunk));
    }
  }

  private void checkpointSegment(int segment) {
    table.restate(segment, SegmentTable.CHECKPOINT);
  }

  private void catalog(MemorySegment m, int items) {
    int at = Chunk.HEADER_BYTES;
    for (int i = 0; i < items; i++) {
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
    switch (record) {
      case Records.VolumeCreated r ->
          namespace.addVolume(new Volume(r, namespace.requireLayer(r.layerId())));
      case Records.SnapshotCreated r -> namespace.change(r);
      default -> throw new IllegalStateException("in a checkpoint: " + record);
    }
  }

  private void segments(MemorySegment m, int items) {
    for (int i = 0; i < items; i++) {
      long at = Chunk.HEADER_BYTES + (long) i * Chunk.SEGMENT_BYTES;
      int segment = Bytes.u32(m, at);
      table.restate(segment, (byte) Bytes.u8(m, at + 4));
      table.stream[segment] = (byte) Bytes.u8(m, at + 5);
      table.usedPages[segment] = Bytes.u16(m, at + 6);
      table.sequence[segment] = Bytes.u64(m, at + 8);
      table.sealedLsn[segment] = Bytes.u64(m, at + 16);
    }
  }

  private void reserve(MemorySegment m, int items) {
    int from = reserve.length;
    reserve = Arrays.copyOf(reserve, from + items);
    for (int i = 0; i < items; i++) {
      reserve[from + i] = Bytes.u32(m, Chunk.HEADER_BYTES + i * 4L);
    }
  }

  private void leaves(MemorySegment m, int items) {
    long at = Chunk.HEADER_BYTES;
    for (int i = 0; i < items; i++) {
      LayerMap map = namespace.requireLayer(Bytes.u64(m, at)).map;
      long leaf = Bytes.u64(m, at + 8);
      int count = Bytes.u16(m, at + 16);
      if (count == Chunk.WHITE_LEAF) {
        map.putWhiteLeaf(leaf);
        at += Chunk.LEAF_HEADER_BYTES;
      } else {
        boolean white = (Bytes.u16(m, at + 18) & Chunk.FLAG_WHITE_ELSEWHERE) != 0;
        map.loadLeaf(leaf, m, at + Chunk.LEAF_HEADER_BYTES, count, white);
        at += LeafImage.bytes(count);
      }
    }
  }
}
