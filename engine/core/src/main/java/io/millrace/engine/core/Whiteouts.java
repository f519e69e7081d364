package io.millrace.engine.core;

/**
 * What the layers below one show, and so which of its whiteouts hide something.
 *
 * <p>A whiteout that hides nothing is taken away where that comes to be: when the layer below has
 * become one with this one, or has lost what it hid. Owner thread only.
 */
final class Whiteouts {
  private Whiteouts() {}

  /** Whether a block of the layers below would be read if this layer had nothing for it. */
  static boolean showsBelow(Layer layer, long address) {
    for (Layer l = layer.parent; l != null; l = l.parent) {
      long location = l.map.find(address);
      if (location != Location.NONE) {
        return location != Location.WHITEOUT;
      }
    }
    return false;
  }

  /** The same for any block of a leaf. */
  static boolean leafShowsBelow(Layer layer, long leafIndex) {
    Layer first = layer.parent;
    for (Layer l = first; l != null; l = l.parent) {
      if (first != null && showsThrough(first, l, leafIndex)) {
        return true;
      }
      if (Leaf.whiteElsewhere(l.map.leaf(leafIndex))) {
        return false;
      }
    }
    return false;
  }

  /** Whether data of a layer are hidden by none from {@code first} down to it. */
  private static boolean showsThrough(Layer first, Layer layer, long leafIndex) {
    LayerMap map = layer.map;
    for (int i = next(map, leafIndex, 0); i < Leaf.BLOCKS; i = next(map, leafIndex, i + 1)) {
      long address = leafIndex * Leaf.BLOCKS + i;
      if (map.find(address) >= 0 && !hiddenBetween(first, layer, address)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hiddenBetween(Layer first, Layer layer, long address) {
    for (Layer l = first; l != null && l != layer; l = l.parent) {
      if (l.map.find(address) != Location.NONE) {
        return true;
      }
    }
    return false;
  }

  /** Takes away what hides nothing in one leaf. */
  static void tidy(Layer layer, long leafIndex) {
    LayerMap map = layer.map;
    if (Leaf.whiteElsewhere(map.leaf(leafIndex)) && !leafShowsBelow(layer, leafIndex)) {
      map.unwhiten(leafIndex);
    }
    if (map.whiteouts() > 0) {
      tidyEntries(layer, leafIndex);
    }
  }

  private static void tidyEntries(Layer layer, long leafIndex) {
    LayerMap map = layer.map;
    boolean implied = Leaf.whiteElsewhere(map.leaf(leafIndex));
    for (int i = next(map, leafIndex, 0); i < Leaf.BLOCKS; i = next(map, leafIndex, i + 1)) {
      long address = leafIndex * Leaf.BLOCKS + i;
      boolean white = map.find(address) == Location.WHITEOUT;
      if (white && (implied || !showsBelow(layer, address))) {
        map.remove(address);
      }
    }
  }

  /** The next block that has an entry; the leaf may have changed, or gone, since the last. */
  private static int next(LayerMap map, long leafIndex, int from) {
    int leaf = map.leaf(leafIndex);
    return leaf == 0 || leaf == Leaf.WHITE
        ? Leaf.BLOCKS
        : Leaf.next(map.cells().slab(leaf), Cells.base(leaf), from);
  }
}
