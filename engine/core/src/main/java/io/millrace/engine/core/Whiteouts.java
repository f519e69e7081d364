package io.millrace.engine.core;

/**
 * Which whiteouts of a layer hide something.
 *
 * <p>One that hides nothing is taken away where that comes to be: when the layer below has become
 * one with this one, or has lost what it hid. Owner thread only.
 */
final class Whiteouts {
  private Whiteouts() {}

  /** A bit for each block of a leaf that would be read if this layer had nothing for it. */
  static long[] shownBelow(Layer layer, long leafIndex) {
    long[] decided = new long[LayerMap.BITMAP_WORDS];
    long[] shown = new long[LayerMap.BITMAP_WORDS];
    for (Layer l = layer.parent; l != null; l = l.parent) {
      l.map.see(leafIndex, decided, shown);
    }
    return shown;
  }

  static boolean any(long[] bitmap) {
    long any = 0;
    for (long word : bitmap) {
      any |= word;
    }
    return any != 0;
  }

  static boolean has(long[] bitmap, int index) {
    return ((bitmap[index >>> 6] >>> (index & 63)) & 1) != 0;
  }

  /** Takes away what hides nothing in one leaf. */
  static void tidy(Layer layer, long leafIndex) {
    LayerMap map = layer.map;
    boolean implied = Leaf.whiteElsewhere(map.leaf(leafIndex));
    if (!implied && map.whiteouts() == 0) {
      return;
    }
    long[] shown = shownBelow(layer, leafIndex);
    if (implied && !any(shown)) {
      map.unwhiten(leafIndex);
    }
    if (map.whiteouts() > 0) {
      tidyEntries(map, leafIndex, shown);
    }
  }

  private static void tidyEntries(LayerMap map, long leafIndex, long[] shown) {
    boolean implied = Leaf.whiteElsewhere(map.leaf(leafIndex));
    for (int i = next(map, leafIndex, 0); i < Leaf.BLOCKS; i = next(map, leafIndex, i + 1)) {
      long address = leafIndex * Leaf.BLOCKS + i;
      if (map.find(address) == Location.WHITEOUT && (implied || !has(shown, i))) {
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
