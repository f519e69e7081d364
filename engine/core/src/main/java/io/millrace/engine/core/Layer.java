package io.millrace.engine.core;

import org.jspecify.annotations.Nullable;

/**
 * The blocks written between two freezes; each block is owned by exactly one layer.
 *
 * <p>Children and names are added when a command is taken, but taken away only when its record is
 * in the log: so nothing is merged or dropped on the word of a command that a crash may undo.
 */
final class Layer {
  final long id;

  /** Dense number, given again only after every write to this layer has been applied. */
  final int index;

  final LayerMap map;
  @Nullable Layer parent;

  /** Only the top of a volume is not frozen. */
  boolean frozen;

  /** Snapshots that stand on it. */
  int names;

  /** Unreachable: its blocks are being freed. */
  boolean dying;

  /** Something was written or zeroed since it was made; it may not be in the map yet. */
  boolean touched;

  int children;

  @Nullable Layer firstChild;
  @Nullable Layer nextSibling;
  private @Nullable Layer previousSibling;

  /** Blocks of this layer in staging. */
  int staged;

  /** The weight of its volume when the first of them was staged. */
  int stagedWeight;

  /** Where its blocks went: entries on disk may still name this layer. */
  @Nullable Layer mergedInto;

  /** Only segments of a lower sequence hold entries that name this merged layer. */
  long namedBelowSequence;

  /** The ids of layers that were merged into this one. */
  private long[] signposts = new long[0];

  private int signpostCount;

  Layer(long id, int index, LayerMap map) {
    this.id = id;
    this.index = index;
    this.map = map;
  }

  /** The first leaf at or after {@code from} that this layer or one below it has; -1: none. */
  long nextLeafInChain(long from) {
    long nearest = -1;
    for (@Nullable Layer l = this; l != null; l = l.parent) {
      long next = l.map.nextLeaf(from);
      if (next >= 0 && (nearest < 0 || next < nearest)) {
        nearest = next;
      }
    }
    return nearest;
  }

  long signpost(int i) {
    return signposts[i];
  }

  int signpostCount() {
    return signpostCount;
  }

  void addSignpost(long mergedId) {
    if (signpostCount == signposts.length) {
      signposts = java.util.Arrays.copyOf(signposts, Math.max(4, signpostCount * 2));
    }
    signposts[signpostCount++] = mergedId;
  }

  void removeSignpost(long mergedId) {
    for (int i = 0; i < signpostCount; i++) {
      if (signposts[i] == mergedId) {
        signposts[i] = signposts[--signpostCount];
        return;
      }
    }
  }

  /** Takes over those of a layer that is merged into this one; the shorter list is copied. */
  void inheritSignposts(Layer merged) {
    long[] more = merged.signposts;
    int moreCount = merged.signpostCount;
    if (moreCount > signpostCount) {
      long[] own = signposts;
      int ownCount = signpostCount;
      signposts = more;
      signpostCount = moreCount;
      more = own;
      moreCount = ownCount;
    }
    for (int i = 0; i < moreCount; i++) {
      addSignpost(more[i]);
    }
    merged.signposts = new long[0];
    merged.signpostCount = 0;
  }

  /** Nobody asks for its content but through its children. */
  boolean nameless() {
    return frozen && names == 0 && !dying && mergedInto == null;
  }

  /** It and its only child are to become one. */
  boolean mergeable() {
    return nameless() && children == 1;
  }

  /** What is set in it may leave a block that nobody sees: of a layer below, or its own. */
  boolean mayHide() {
    Layer below = parent;
    return frozen || (below != null && below.names == 0);
  }

  void attachTo(Layer newParent) {
    parent = newParent;
    Layer next = newParent.firstChild;
    nextSibling = next;
    if (next != null) {
      next.previousSibling = this;
    }
    newParent.firstChild = this;
    newParent.children++;
  }

  void detach() {
    Layer old = parent;
    if (old == null) {
      return;
    }
    Layer next = nextSibling;
    Layer previous = previousSibling;
    if (next != null) {
      next.previousSibling = previous;
    }
    if (previous == null) {
      old.firstChild = next;
    } else {
      previous.nextSibling = next;
    }
    nextSibling = null;
    previousSibling = null;
    old.children--;
    parent = null;
  }
}
