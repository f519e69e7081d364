package io.millrace.engine.core;

import org.jspecify.annotations.Nullable;

/**
 * Frees the blocks of unreachable layers, merges layers that nobody names into their only child,
 * and frees what nobody sees of those with several, some blocks at a time.
 *
 * <p>Nothing of that is logged: it follows from the catalog and the maps, and every step leaves
 * every volume's content as it is; after a crash the work goes on from the checkpoint. Neither a
 * merge nor a sweep may run while a checkpoint reads the maps, or an entry could be seen in both
 * layers or in none.
 */
final class Reclaimer {
  /** To find a leaf costs as much as so many blocks. */
  private static final int LEAF_WORK_MIN = 16;

  private final Namespace namespace;
  private final Blocks blocks;
  private final SegmentTable table;
  private final GhostSweep sweep;
  private final int blocksPerStep;
  private @Nullable LayerMerge merging;

  long merges;

  Reclaimer(Serving s) {
    namespace = s.namespace;
    blocks = s.blocks;
    table = s.table;
    sweep = new GhostSweep(namespace, blocks);
    blocksPerStep = s.options.tuning().blocksPerStep();
  }

  /** It has nothing to do that could free a block. */
  boolean idle() {
    return namespace.dying.isEmpty()
        && merging == null
        && namespace.mergeable.isEmpty()
        && !sweep.pending();
  }

  /** Nanoseconds until there is something to do that need not be done at once. */
  long dueIn(long nowNanos) {
    return namespace.dying.isEmpty() && merging == null ? sweep.dueIn(nowNanos) : Long.MAX_VALUE;
  }

  /**
   * Does a step; false when there was nothing to do.
   *
   * @param mayMerge no checkpoint reads the maps
   * @param hurry the store is short of room
   */
  boolean step(boolean mayMerge, boolean hurry, long nowNanos) {
    Layer drop = namespace.dying.peek();
    if (drop != null) {
      return drop(drop);
    }
    return mayMerge && (merge() || (merging == null && sweep(hurry, nowNanos)));
  }

  private boolean sweep(boolean hurry, long nowNanos) {
    return sweep.step(Math.max(1, blocksPerStep / LEAF_WORK_MIN), hurry, nowNanos);
  }

  /** False: it waits for a leaf. */
  private boolean drop(Layer layer) {
    for (int done = 0; done < blocksPerStep; ) {
      if (!namespace.pages.isReady(layer.map, layer.map.nextLeaf(0))) {
        return false;
      }
      int work = blocks.dropLeaf(layer.map);
      namespace.pages.gotOn();
      done += Math.max(work, LEAF_WORK_MIN);
      if (work < 0) {
        namespace.dying.remove();
        namespace.forget(layer);
        return true;
      }
    }
    return true;
  }

  private boolean merge() {
    LayerMerge merge = merging == null ? nextMerge() : merging;
    merging = null;
    if (merge == null || !merge.possible()) {
      return merge != null;
    }
    namespace.hints.forget();
    for (int done = 0; done < blocksPerStep; ) {
      if (!merge.isReady(namespace.pages)) {
        merging = merge;
        return false;
      }
      int work = merge.step();
      namespace.pages.gotOn();
      done += Math.max(work, LEAF_WORK_MIN);
      if (work < 0) {
        namespace.merged(merge.parent, merge.child, table.nextSequence());
        merges++;
        return true;
      }
    }
    merging = merge;
    return true;
  }

  /**
   * Of the layers that had one child, the next that still has, and can be merged with it. One whose
   * child goes first comes again when that is done.
   */
  private @Nullable LayerMerge nextMerge() {
    while (true) {
      Layer parent = namespace.mergeable.poll();
      Layer child = parent == null ? null : parent.firstChild;
      if (parent == null) {
        return null;
      }
      LayerMerge merge = child == null ? null : new LayerMerge(parent, child, blocks);
      if (merge != null && merge.possible()) {
        return merge;
      }
    }
  }
}
