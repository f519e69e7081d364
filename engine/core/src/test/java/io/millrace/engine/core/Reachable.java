package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;

/** Holds the maps of a store at rest against what its volumes and snapshots can read. */
final class Reachable {
  private final Store store;
  private final Namespace namespace;
  private final Set<Long> seen = new HashSet<>();

  Reachable(Store store) {
    this.store = store;
    namespace = store.serving().namespace;
  }

  /** Every live block is read by somebody, and every whiteout hides something. */
  void assertNothingElse() {
    store.check();
    namespace.volumes.inOrder().forEach(volume -> see(volume.top));
    namespace.snapshots.inOrder().forEach(snapshot -> see(snapshot.layer()));
    assertEquals(seen.size(), store.serving().table.liveBlocks(), "live blocks that nobody reads");
    for (Layer layer : namespace.layers.inOrder()) {
      whiteoutsHide(layer);
    }
  }

  private void see(Layer top) {
    LayerChain chain = new LayerChain(top);
    for (long leaf = chain.nextLeaf(0); leaf >= 0; leaf = chain.nextLeaf(leaf + 1)) {
      for (int i = 0; i < Leaf.BLOCKS; i++) {
        long location = chain.find(leaf * Leaf.BLOCKS + i);
        if (location >= 0) {
          seen.add(location);
        }
      }
    }
  }

  private static void whiteoutsHide(Layer layer) {
    LayerMap map = layer.map;
    for (long leaf = map.nextLeaf(0); leaf >= 0; leaf = map.nextLeaf(leaf + 1)) {
      boolean implied = Leaf.whiteElsewhere(map.leaf(leaf));
      long[] shown = Whiteouts.shownBelow(layer, leaf);
      assertTrue(!implied || Whiteouts.any(shown), "a leaf of whiteouts hides nothing");
      for (int i = 0; i < Leaf.BLOCKS && !implied; i++) {
        boolean white = map.find(leaf * Leaf.BLOCKS + i) == Location.WHITEOUT;
        assertTrue(!white || Whiteouts.has(shown, i), "a whiteout hides nothing");
      }
    }
  }
}
