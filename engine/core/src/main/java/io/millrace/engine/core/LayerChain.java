package io.millrace.engine.core;

import org.jspecify.annotations.Nullable;

/** A layer and those it stands on, as the maps have them: nothing is staged. */
final class LayerChain {
  private final Layer top;
  private @Nullable Layer found;

  LayerChain(Layer top) {
    this.top = top;
  }

  /** The smallest index of a leaf of any of the layers at or after {@code from}; -1: none. */
  long nextLeaf(long from) {
    return top.nextLeafInChain(from);
  }

  /** Where the block is; NONE or WHITEOUT when it reads as zeros. */
  long find(long address) {
    for (Layer layer = top; layer != null; layer = layer.parent) {
      long location = layer.map.find(address);
      if (location != Location.NONE) {
        found = layer;
        return location;
      }
    }
    return Location.NONE;
  }

  /** The layer that has the block that was found last. */
  Layer layer() {
    Layer layer = found;
    if (layer == null) {
      throw new IllegalStateException("no block was found");
    }
    return layer;
  }
}
