package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Holds what an opening finds against what a rebuild finds: every volume and snapshot must expect
 * the same data in the same blocks. Places may differ: a block that was moved while a checkpoint
 * was written may be known at either place.
 */
final class RebuildOracle {
  private RebuildOracle() {}

  static void check(Storage storage) {
    Recovery.Loaded opened = load(storage, Recovery.Manner.LOOK);
    Recovery.Loaded rebuilt = load(storage, Recovery.Manner.LOOK_REBUILT);
    checkLive(opened);
    Map<String, Layer> tops = tops(opened.namespace());
    Map<String, Layer> others = tops(rebuilt.namespace());
    if (!tops.keySet().equals(others.keySet())) {
      throw new IllegalStateException(
          "an opening finds " + tops.keySet() + ", a rebuild " + others.keySet());
    }
    tops.forEach((name, top) -> compare(name, top, Objects.requireNonNull(others.get(name))));
  }

  private static Recovery.Loaded load(Storage storage, Recovery.Manner manner) {
    BlockingDisk disk = new BlockingDisk(storage);
    return switch (StoreReader.recover(disk, Arena.ofAuto(), manner)) {
      case StoreReader.Outcome.Found found -> found.loaded();
      case StoreReader.Outcome.Refused refused ->
          throw new IllegalStateException(manner + ": " + refused.reason());
    };
  }

  /** What an opening takes for live without a look at the maps is what they name. */
  private static void checkLive(Recovery.Loaded opened) {
    opened.namespace().bringAll();
    long mapped = 0;
    for (Layer layer : opened.namespace().layers.inOrder()) {
      mapped += layer.map.blocks();
    }
    if (mapped != opened.table().liveBlocks()) {
      throw new IllegalStateException(
          "%d blocks are mapped, %d are live".formatted(mapped, opened.table().liveBlocks()));
    }
  }

  private static Map<String, Layer> tops(Namespace namespace) {
    Map<String, Layer> tops = new HashMap<>();
    namespace.volumes.inOrder().forEach(v -> tops.put("volume " + v.name, v.top));
    namespace.snapshots.inOrder().forEach(s -> tops.put("snapshot " + s.name(), s.layer()));
    return tops;
  }

  private static void compare(String name, Layer top, Layer other) {
    LayerChain a = new LayerChain(top);
    LayerChain b = new LayerChain(other);
    long leaf = earlier(a.nextLeaf(0), b.nextLeaf(0));
    while (leaf >= 0) {
      for (long block = leaf * Leaf.BLOCKS; block < (leaf + 1) * Leaf.BLOCKS; block++) {
        if (content(a, block) != content(b, block)) {
          throw new IllegalStateException(
              "%s block %d: the maps have %x, a rebuild %x"
                  .formatted(name, block, content(a, block), content(b, block)));
        }
      }
      leaf = earlier(a.nextLeaf(leaf + 1), b.nextLeaf(leaf + 1));
    }
  }

  private static long earlier(long a, long b) {
    return a < 0 ? b : b < 0 ? a : Math.min(a, b);
  }

  /** The checksum of the data, or -1 for zeros. */
  private static long content(LayerChain chain, long block) {
    return chain.find(block) < 0 ? -1 : chain.layer().map.foundCrc() & 0xffffffffL;
  }
}
