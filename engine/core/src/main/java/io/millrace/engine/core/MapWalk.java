package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes through all leaves in the order of a checkpoint: by layer id and index. Leaves may come and
 * go while it does; those behind it count for the next checkpoint.
 */
final class MapWalk implements MapPages.Front {
  private final List<Layer> layers;
  private final long lastLayer;
  private final LiveImage image;
  private int at;
  private long leaf;

  /** Of the leaves that were written since this was taken last. */
  private List<MapChunk.Run> runs = new ArrayList<>();

  private final Indexes written = new Indexes();
  private final Indexes passed = new Indexes();

  /** Leaves of a chunk. */
  private static final class Indexes {
    private long[] leaves = new long[64];
    private int count;

    void add(long leaf) {
      if (count == leaves.length) {
        leaves = Arrays.copyOf(leaves, count * 2);
      }
      leaves[count++] = leaf;
    }

    long[] take() {
      long[] taken = Arrays.copyOf(leaves, count);
      count = 0;
      return taken;
    }
  }

  /** The image is told the whiteouts of each leaf that is passed or written. */
  MapWalk(List<Layer> layers, LiveImage image) {
    this.layers = layers;
    this.image = image;
    lastLayer = layers.isEmpty() ? 0 : layers.getLast().id;
  }

  @Override
  public boolean isBefore(long layerId, long leafIndex) {
    if (at >= layers.size() || layerId > lastLayer) {
      return false;
    }
    long here = layers.get(at).id;
    return layerId > here || (layerId == here && leafIndex >= leaf);
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

  /** That has the leaf that {@link #hasNext} found. */
  LayerMap map() {
    return layers.get(at).map;
  }

  /** Writes the leaf that {@link #hasNext} found, and goes behind it; returns its length. */
  int write(MemorySegment to, long offset) {
    Layer layer = layers.get(at);
    MapChunk.Run run = MapChunk.Run.of(layer.map, leaf);
    layer.map.written(leaf);
    image.whiteouts(layer, leaf);
    int bytes = LeafImage.write(layer, leaf, to, offset);
    if (!runs.isEmpty() && runs.getLast().layerId() == layer.id) {
      run = runs.removeLast().plus(run);
    }
    runs.add(run);
    written.add(leaf++);
    return bytes;
  }

  /** Of the leaves that were written since this was taken last, which are all of a chunk. */
  List<MapChunk.Run> takeRuns() {
    List<MapChunk.Run> taken = runs;
    runs = new ArrayList<>();
    return taken;
  }

  /** The indexes of those leaves. */
  long[] takeWritten() {
    return written.take();
  }

  /** The indexes of the leaves of the chunk that was passed last. */
  long[] takePassed() {
    return passed.take();
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
    boolean hides = chunk.hides();
    while (at < passedAt || (at == passedAt && leaf < passedLeaf)) {
      goOver(hides);
    }
    return true;
  }

  private void goOver(boolean hides) {
    Layer layer = layers.get(at);
    long next = layer.map.nextLeaf(leaf);
    if (next < 0) {
      at++;
      leaf = 0;
      return;
    }
    if (hides) {
      image.whiteouts(layer, next);
    }
    passed.add(next);
    leaf = next + 1;
  }

  /** The checkpoint is given up: of what it has come by, no checkpoint has what is in memory. */
  void takeBack() {
    for (int i = 0; i <= at && i < layers.size(); i++) {
      LayerMap map = layers.get(i).map;
      for (long l = map.nextLeaf(0); l >= 0 && (i < at || l < leaf); l = map.nextLeaf(l + 1)) {
        map.notWritten(l);
      }
    }
  }
}
