package io.millrace.engine.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes through all leaves in the order of a checkpoint: by layer id and index. Leaves may come and
 * go while it does; those behind it count for the next checkpoint.
 */
final class MapWalk {
  private final List<Layer> layers;
  private final LiveImage image;
  private int at;
  private long leaf;

  /** The image is told the whiteouts of each leaf that is passed or written. */
  MapWalk(List<Layer> layers, LiveImage image) {
    this.layers = layers;
    this.image = image;
  }

  /** Whether there is another leaf before this chunk's first; null: any. */
  boolean hasNext(@Nullable MapChunk limit) {
    while (at < layers.size()) {
      Layer layer = layers.get(at);
      long next = layer.map.nextLeaf(leaf);
      if (next >= 0) {
        leaf = next;
        return limit == null || limit.isAfter(layer.id, leaf);
      }
      if (limit != null && limit.layerId() <= layer.id) {
        return false;
      }
      layer.map.written();
      at++;
      leaf = 0;
    }
    return false;
  }

  /** Of the leaf that {@link #hasNext} found. */
  long layerId() {
    return layers.get(at).id;
  }

  long leaf() {
    return leaf;
  }

  /** Writes the leaf that {@link #hasNext} found, and goes behind it; returns its length. */
  int write(java.lang.foreign.MemorySegment to, long offset) {
    Layer layer = layers.get(at);
    layer.map.written(leaf);
    image.whiteouts(layer, leaf);
    return LeafImage.write(layer, leaf++, to, offset);
  }

  /** Goes behind the leaves of a chunk if they are as they were when it was written. */
  boolean pass(MapChunk chunk, @Nullable MapChunk limit) {
    int passedAt = at;
    long passedLeaf = leaf;
    int found = 0;
    while (passedAt < layers.size()) {
      Layer layer = layers.get(passedAt);
      long next = layer.map.nextLeaf(passedLeaf);
      if (next < 0) {
        passedAt++;
        passedLeaf = 0;
      } else if (limit != null && !limit.isAfter(layer.id, next)) {
        break;
      } else if (layer.map.changed(next) || ++found > chunk.items()) {
        return false;
      } else {
        passedLeaf = next + 1;
      }
    }
    if (found < chunk.items()) {
      return false;
    }
    while (at < passedAt || (at == passedAt && leaf < passedLeaf)) {
      tellWhiteouts();
    }
    return true;
  }

  private void tellWhiteouts() {
    Layer layer = layers.get(at);
    long next = layer.map.nextLeaf(leaf);
    if (next < 0) {
      at++;
      leaf = 0;
    } else {
      image.whiteouts(layer, next);
      leaf = next + 1;
    }
  }
}
