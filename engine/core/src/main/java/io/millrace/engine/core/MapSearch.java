package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks the maps backwards: who names a place. It goes through all of them, so only after damage.
 */
final class MapSearch {
  private final Namespace namespace;

  /** A block of a layer. */
  record Owner(Layer layer, long block) {}

  MapSearch(Namespace namespace) {
    this.namespace = namespace;
  }

  /** The owners of each slot of a segment. */
  Map<Integer, List<Owner>> ownersIn(int segment) {
    Map<Integer, List<Owner>> found = new HashMap<>();
    for (Layer layer : namespace.layers.inOrder()) {
      LayerMap map = layer.map;
      for (long leaf = map.nextLeaf(0); leaf >= 0; leaf = map.nextLeaf(leaf + 1)) {
        if (map.leaf(leaf) != Leaf.WHITE) {
          search(layer, leaf, segment, found);
        }
      }
    }
    return found;
  }

  private static void search(
      Layer layer, long leafIndex, int segment, Map<Integer, List<Owner>> found) {
    int leaf = layer.map.leaf(leafIndex);
    MemorySegment m = layer.map.cells().slab(leaf);
    long base = Cells.base(leaf);
    int rank = 0;
    for (int i = Leaf.next(m, base, 0); i < Leaf.BLOCKS; i = Leaf.next(m, base, i + 1)) {
      long location = Leaf.location(m, Leaf.entry(base, rank++));
      if (location >= 0 && Location.segment(location) == segment) {
        found
            .computeIfAbsent(Location.slot(location), _ -> new ArrayList<>())
            .add(new Owner(layer, leafIndex * Leaf.BLOCKS + i));
      }
    }
  }

  /** The names of the volumes and snapshots that read this place for this block. */
  List<String> readers(long block, long location) {
    List<String> names = new ArrayList<>();
    for (Volume volume : namespace.volumes.inOrder()) {
      if (new LayerChain(volume.top).find(block) == location) {
        names.add("volume " + volume.name);
      }
    }
    for (Snapshot snapshot : namespace.snapshots.inOrder()) {
      if (new LayerChain(snapshot.layer()).find(block) == location) {
        names.add("snapshot " + snapshot.name());
      }
    }
    return names;
  }
}
