package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Frees the blocks that nobody sees: those of a nameless layer with several children (a ghost) that
 * all of them hide.
 *
 * <p>In rounds over all ghosts, some leaves at a time, when something has changed since the last
 * round: after a rest that bounds the share of time that it takes, or at once when the store is
 * short of room. It is not logged, as it changes no content. It must not run while a checkpoint
 * reads the maps: what hides a block could be read before it was there, or the block after.
 */
final class GhostSweep {
  private static final long REST_NANOS_MIN = 1_000_000_000;

  /** Rests are so many times as long as rounds. */
  private static final int REST_FACTOR = 20;

  /** Deeper ghosts on ghosts wait until those above are merged. */
  private static final int DEPTH_MAX = 64;

  private static final int WORDS = LayerMap.BITMAP_WORDS;

  private final Namespace namespace;
  private final Blocks blocks;
  private final long[][] hidden = new long[DEPTH_MAX][WORDS];
  private boolean sweeping;
  private int index;
  private long leaf;
  private long changesSeen;
  private long roundBegan;
  private long restUntil;
  private int work;

  /** For a leaf. */
  private boolean waiting;

  GhostSweep(Namespace namespace, Blocks blocks) {
    this.namespace = namespace;
    this.blocks = blocks;
    changesSeen = -1;
  }

  private long changes() {
    return namespace.treeChanges() + blocks.hides();
  }

  /** A round, now or later, may find something. */
  boolean pending() {
    return sweeping || changes() != changesSeen;
  }

  /** Nanoseconds until a round is due; {@link Long#MAX_VALUE} when none is needed. */
  long dueIn(long nowNanos) {
    return pending() && !waiting ? Math.max(0, restUntil - nowNanos) : Long.MAX_VALUE;
  }

  /** Sweeps leaves for about so much work; whether there was something to do. */
  boolean step(int workMax, boolean hurry, long nowNanos) {
    if (!sweeping) {
      if (!pending() || (!hurry && restUntil > nowNanos)) {
        return false;
      }
      begin(nowNanos);
    }
    work = 0;
    waiting = false;
    while (work < workMax && sweeping) {
      if (!sweepNext(nowNanos)) {
        waiting = true;
        return false;
      }
    }
    return true;
  }

  private void begin(long nowNanos) {
    sweeping = true;
    index = 0;
    leaf = 0;
    changesSeen = changes();
    roundBegan = nowNanos;
  }

  /** False: it waits for a leaf. */
  private boolean sweepNext(long nowNanos) {
    Layer layer = index < namespace.indexEnd() ? namespace.byIndex(index) : null;
    long at = layer != null && isGhost(layer) ? layer.map.nextLeaf(leaf) : -1;
    work++;
    if (layer != null && at >= 0 && !isReady(layer, at)) {
      return false;
    }
    if (layer != null && at >= 0) {
      sweepLeaf(layer, at);
      namespace.pages.gotOn();
      leaf = at + 1;
    } else if (index < namespace.indexEnd()) {
      index++;
      leaf = 0;
    } else {
      sweeping = false;
      restUntil = nowNanos + Math.max(REST_NANOS_MIN, REST_FACTOR * (nowNanos - roundBegan));
    }
    return true;
  }

  private boolean isReady(Layer ghost, long leafIndex) {
    MapPages pages = namespace.pages;
    if (!pages.isReady(ghost.map, leafIndex) || !isReadyAbove(ghost, leafIndex, 0)) {
      return false;
    }
    return !isWhiteAbove(ghost, leafIndex, 0) || pages.isReadyBelow(ghost, leafIndex);
  }

  /** Whether whiteouts may have to be tidied, for which one must know what they hide. */
  private boolean isWhiteAbove(Layer layer, long leafIndex, int depth) {
    boolean white = false;
    for (Layer child = layer.firstChild; child != null && !white; child = child.nextSibling) {
      boolean deeper = child.nameless() && depth < DEPTH_MAX;
      white =
          child.map.whiteouts() > 0
              || Leaf.whiteElsewhere(child.map.leaf(leafIndex))
              || (deeper && isWhiteAbove(child, leafIndex, depth + 1));
    }
    return white;
  }

  private boolean isReadyAbove(Layer layer, long leafIndex, int depth) {
    boolean ready = true;
    for (Layer child = layer.firstChild; child != null && ready; child = child.nextSibling) {
      work++;
      boolean deeper = child.nameless() && depth < DEPTH_MAX;
      ready =
          namespace.pages.isReady(child.map, leafIndex)
              && (!deeper || isReadyAbove(child, leafIndex, depth + 1));
    }
    return ready;
  }

  private static boolean isGhost(Layer layer) {
    return layer.nameless() && layer.children > 1;
  }

  private void sweepLeaf(Layer ghost, long leafIndex) {
    long[] unseen = hidden[0];
    hiddenByChildren(ghost, leafIndex, 0);
    if (isAll(unseen)) {
      work += blocks.dropLeaf(ghost.map, leafIndex);
    } else if (!killUnseen(ghost.map, leafIndex, unseen)) {
      return;
    }
    namespace.hints.forget();
    tidyAbove(ghost, leafIndex, 0);
  }

  /** Sets the bitmap of this depth to what all children of the layer hide. */
  private void hiddenByChildren(Layer layer, long leafIndex, int depth) {
    long[] all = hidden[depth];
    Arrays.fill(all, -1L);
    if (depth + 1 == DEPTH_MAX) {
      Arrays.fill(all, 0);
      return;
    }
    long[] one = hidden[depth + 1];
    for (Layer child = layer.firstChild; child != null; child = child.nextSibling) {
      work++;
      if (child.nameless()) {
        hiddenByChildren(child, leafIndex, depth + 1);
      } else {
        Arrays.fill(one, 0);
      }
      child.map.addDecided(leafIndex, one);
      if (!intersect(all, one)) {
        return;
      }
    }
  }

  /** Whether anything is left. */
  private static boolean intersect(long[] all, long[] one) {
    for (int word = 0; word < WORDS; word++) {
      all[word] &= one[word];
    }
    return Whiteouts.any(all);
  }

  private static boolean isAll(long[] bitmap) {
    for (long word : bitmap) {
      if (word != -1L) {
        return false;
      }
    }
    return true;
  }

  private boolean killUnseen(LayerMap map, long leafIndex, long[] unseen) {
    int leafHandle = map.leaf(leafIndex);
    if (leafHandle == Leaf.WHITE) {
      return false;
    }
    long[] present = new long[WORDS];
    MemorySegment m = map.cells().slab(leafHandle);
    for (int word = 0; word < WORDS; word++) {
      present[word] = unseen[word] & Bytes.u64(m, Cells.base(leafHandle) + word * 8L);
    }
    int killed = 0;
    for (int word = 0; word < WORDS; word++) {
      for (long bits = present[word]; bits != 0; bits &= bits - 1) {
        int i = word * 64 + Long.numberOfTrailingZeros(bits);
        blocks.kill(map, leafIndex, map.remove(leafIndex * Leaf.BLOCKS + i));
        killed++;
      }
    }
    work += killed;
    return killed > 0;
  }

  /** What hid the blocks that are gone hides nothing now. */
  private void tidyAbove(Layer layer, long leafIndex, int depth) {
    for (Layer child = layer.firstChild; child != null; child = child.nextSibling) {
      work++;
      Whiteouts.tidy(child, leafIndex);
      if (child.nameless() && depth < DEPTH_MAX) {
        tidyAbove(child, leafIndex, depth + 1);
      }
    }
  }
}
