package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.List;

/**
 * What a checkpoint says of everything but the maps, as it was at the cut: written to memory at
 * once, because commands go on while the chunks go out.
 */
final class CheckpointImage {
  private static final int RECORD_BYTES_MAX = 512;

  private final MemorySegment scratch = MemorySegment.ofArray(new byte[RECORD_BYTES_MAX]);
  private final ImageParts parts;

  private CheckpointImage(int partBytesMax) {
    parts = new ImageParts(partBytesMax);
  }

  static Collection<ImageParts.Part> of(
      Namespace namespace, SegmentTable table, int[] reserve, int partBytesMax) {
    CheckpointImage image = new CheckpointImage(partBytesMax);
    image.catalog(namespace);
    image.parts.endIfAny(Chunk.CATALOG);
    image.segments(table);
    image.parts.endIfAny(Chunk.SEGMENTS);
    image.reserve(reserve);
    image.parts.endIfAny(Chunk.RESERVE);
    return image.parts.parts();
  }

  /** Live layers before those that were merged into them, then what stands on them. */
  private void catalog(Namespace namespace) {
    List<Layer> layers = namespace.layers.inOrder();
    for (Layer layer : layers) {
      if (layer.mergedInto == null) {
        Layer parent = layer.parent;
        int flags = (layer.frozen ? Chunk.FLAG_FROZEN : 0) | (layer.dying ? Chunk.FLAG_DYING : 0);
        record(Chunk.TYPE_LAYER, layer.id, parent == null ? 0 : parent.id, flags);
      }
    }
    for (Layer layer : layers) {
      Layer owner = layer.mergedInto == null ? null : namespace.owner(layer.id);
      if (owner != null) {
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
        segment(table, s);
      }
    }
  }

  private void segment(SegmentTable table, int s) {
    boolean growing = table.state[s] == SegmentTable.OPEN || table.writing[s] > 0;
    MemorySegment item = parts.item(Chunk.SEGMENTS, Chunk.SEGMENT_BYTES);
    Bytes.u32(item, 0, s);
    Bytes.u8(item, 4, growing ? SegmentTable.OPEN : SegmentTable.SEALED);
    Bytes.u8(item, 5, table.stream[s]);
    Bytes.u16(item, 6, table.usedPages[s]);
    Bytes.u64(item, 8, table.sequence[s]);
    Bytes.u64(item, 16, table.sealedLsn[s]);
  }

  private void reserve(int[] reserve) {
    for (int segment : reserve) {
      Bytes.u32(parts.item(Chunk.RESERVE, 4), 0, segment);
    }
  }

  private void record(int type, long... values) {
    int length = values.length * Long.BYTES;
    MemorySegment item = parts.item(Chunk.CATALOG, Records.HEADER_BYTES + length);
    Bytes.u16(item, 0, type);
    Bytes.u16(item, 2, length);
    for (int i = 0; i < values.length; i++) {
      Bytes.u64(item, Records.HEADER_BYTES + i * 8L, values[i]);
    }
  }

  private void record(Records record) {
    int length = Records.encode(record, scratch, 0);
    parts.item(Chunk.CATALOG, length).copyFrom(scratch.asSlice(0, length));
  }
}
