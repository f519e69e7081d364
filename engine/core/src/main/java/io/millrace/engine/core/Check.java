package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** The invariants that hold between any two polls, recounted from the maps. */
final class Check {
  private final SegmentTable table;
  private final Namespace namespace;
  private final Map<Long, Long> owners = new HashMap<>();

  /** Leaves that are not in memory, or not all of them. */
  private long missing;

  Check(Serving serving) {
    table = serving.table;
    namespace = serving.namespace;
  }

  void run() {
    for (Layer layer : namespace.layers.inOrder()) {
      if (layer.mergedInto == null) {
        tree(layer);
        map(layer);
      }
    }
    segments();
  }

  private void tree(Layer layer) {
    Layer parent = layer.parent;
    rule(namespace.byIndex(layer.index) == layer, "layer %x has lost its index", layer.id);
    rule(parent == null || parent.frozen, "layer %x stands on a layer in use", layer.id);
    rule(parent == null || !parent.dying, "layer %x stands on a dying layer", layer.id);
    rule(
        parent == null || namespace.layers.get(parent.id) == parent,
        "layer %x stands on a layer that is gone",
        layer.id);
    int children = 0;
    for (Layer child = layer.firstChild; child != null; child = child.nextSibling) {
      rule(child.parent == layer, "layer %x has a child that stands elsewhere", layer.id);
      children++;
    }
    rule(children == layer.children, "layer %x miscounts its children", layer.id);
    boolean unreachable = layer.frozen && layer.names == 0 && children == 0;
    rule(!unreachable || layer.dying, "layer %x is an orphan", layer.id);
  }

  private void map(Layer layer) {
    LayerMap map = layer.map;
    long blocks = 0;
    long leaves = 0;
    long missed = 0;
    for (long index = map.nextLeaf(0); index >= 0; index = map.nextLeaf(index + 1)) {
      leaves++;
      missed += map.misses(index) ? 1 : 0;
      int leaf = map.cell(index);
      if (leaf != Leaf.WHITE) {
        blocks += leaf(map.cells(), leaf, layer.id);
      }
    }
    rule(missed > 0 || blocks == map.blocks(), "layer %x miscounts its blocks", layer.id);
    rule(leaves == map.leaves(), "layer %x miscounts its leaves", layer.id);
    rule(missed == map.missing(), "layer %x miscounts its missing leaves", layer.id);
    missing += missed;
  }

  private long leaf(Cells cells, int leaf, long layerId) {
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    long blocks = 0;
    int count = Leaf.count(m, base);
    for (int rank = 0; rank < count; rank++) {
      long location = Leaf.location(m, Leaf.entry(base, rank));
      if (location >= 0) {
        blocks++;
        rule(owners.put(location, layerId) == null, "slot %x has two owners", location);
        rule(
            table.isLive(Location.segment(location), Location.slot(location)),
            "mapped slot %x is not live",
            location);
      }
    }
    return blocks;
  }

  private void segments() {
    long live = 0;
    for (int s = SegmentTable.FIRST; s < table.segments(); s++) {
      int count = 0;
      for (int slot = 0; slot < table.geometry.segmentPages(); slot++) {
        count += table.isLive(s, slot) ? 1 : 0;
      }
      boolean mayHold =
          table.state[s] == SegmentTable.OPEN || table.state[s] == SegmentTable.SEALED;
      rule(count == table.live[s], "segment %x miscounts its live blocks", s);
      rule(count == 0 || mayHold, "segment %x is referenced but not in use", s);
      live += count;
    }
    rule(live == table.liveBlocks(), "the store miscounts its live blocks: %x", live);
    rule(
        missing > 0 || live == owners.size(),
        "live slots without an owner: %x",
        live - owners.size());
  }

  private static void rule(boolean holds, String message, long value) {
    if (!holds) {
      throw new IllegalStateException(message.formatted(value));
    }
  }
}
