package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * What a checkpoint says of everything but the maps, as it was at the cut: written to memory at
 * once, because commands go on while the chunks go out.
 */
final class CheckpointImage {
  /** The items of one chunk. */
  record Part(int kind, int items, MemorySegment bytes) {}

  private static final int LAYER_BYTES = 24;
  private static final int MERGED_BYTES = 24;
  private static final int RECORD_BYTES_MAX = 512;

  private final int partBytesMax;
  private final List<Part> parts = new ArrayList<>();
  private MemorySegment current;
  private int bytes;
  private int items;

  private CheckpointImage(int partBytesMax) {
    this.partBytesMax = partBytesMax;
    current = fresh();
  }

  static List<Part> of(Namespace namespace, SegmentTable table, int[] reserve, int partBytesMax) {
    CheckpointImage image = new CheckpointImage(partBytesMax);
    image.catalog(namespace);
    image.end(Chunk.CATALOG);
    image.segments(table);
    image.end(Chunk.SEGMENTS);
    image.reserve(reserve);
    image.end(Chunk.RESERVE);
    return image.parts;
  }

  /** Live layers before those that were merged into them, then what stands on them. */
  private void catalog(Namespace namespace) {
    List<Layer> layers = namespace.layers.inOrder();
    for (Layer layer : layers) {
      if (layer.mergedInto == null) {
        Layer parent = layer.parent;
        int flags = (layer.frozen ? Chunk.FLAG_FROZEN : 0) | (layer.dying ? Chunk.FLAG_DYING : 0);
        room(Records.HEADER_BYTES + LAYER_BYTES, Chunk.CATALOG);
        record(Chunk.TYPE_LAYER, layer.id, parent == null ? 0 : parent.id, flags);
      }
    }
    for (Layer layer : layers) {
      Layer owner = layer.mergedInto == null ? null : namespace.owner(layer.id);
      if (owner != null) {
        room(Records.HEADER_BYTES + MERGED_BYTES, Chunk.CATALOG);
        record(Chunk.TYPE_MERGED, layer.id, owner.id, layer.namedBelowSequence);
      }
    }
    namespace.volumes.inOrder().forEach(volume -> record(volume.record()));
    namespace.snapshots.inOrder().forEach(snapshot -> record(snapshot.record()));
  }

  /** Free segments are left out; those with commits on their way count as open. */
  private void segments(SegmentTable table) {
    for (int s = SegmentTable.FIRST; s < table.segments(); s++) {
      boolean inUse =
          table.state[s] == SegmentTable.OPEN
              || (table.state[s] == SegmentTable.SEALED && !table.emptied(s));
      if (inUse) {
        room(Chunk.SEGMENT_BYTES, Chunk.SEGMENTS);
        segment(table, s);
      }
    }
  }

  private void segment(SegmentTable table, int s) {
    boolean growing = table.state[s] == SegmentTable.OPEN || table.writing[s] > 0;
    Bytes.u32(current, bytes, s);
    Bytes.u8(current, bytes + 4, growing ? SegmentTable.OPEN : SegmentTable.SEALED);
    Bytes.u8(current, bytes + 5, table.stream[s]);
    Bytes.u16(current, bytes + 6, table.usedPages[s]);
    Bytes.u64(current, bytes + 8, table.sequence[s]);
    Bytes.u64(current, bytes + 16, table.sealedLsn[s]);
    bytes += Chunk.SEGMENT_BYTES;
    items++;
  }

  private void reserve(int[] reserve) {
    for (int segment : reserve) {
      room(4, Chunk.RESERVE);
      Bytes.u32(current, bytes, segment);
      bytes += 4;
      items++;
    }
  }

  private void record(int type, long... values) {
    Bytes.u16(current, bytes, type);
    Bytes.u16(current, bytes + 2, values.length * 8);
    for (int i = 0; i < values.length; i++) {
      Bytes.u64(current, bytes + Records.HEADER_BYTES + i * 8L, values[i]);
    }
    bytes += Records.HEADER_BYTES + values.length * 8;
    items++;
  }

  private void record(Records record) {
    room(RECORD_BYTES_MAX, Chunk.CATALOG);
    bytes = Records.encode(record, current, bytes);
    items++;
  }

  private void room(int more, int kind) {
    if (bytes + more > partBytesMax) {
      end(kind);
    }
  }

  private void end(int kind) {
    if (items > 0) {
      MemorySegment part = current.asSlice(0, bytes);
      parts.add(new Part(kind, items, part));
      current = fresh();
      bytes = 0;
      items = 0;
    }
  }

  private MemorySegment fresh() {
    return MemorySegment.ofArray(new byte[partBytesMax]);
  }
}
