package io.millrace.engine.core;

import org.jspecify.annotations.Nullable;

/**
 * Frees the blocks of unreachable layers and merges layers that nobody names into their only child,
 * some blocks at a time.
 *
 * <p>Neither is logged: a layer is unreachable, or mergeable, by what the catalog says, and every
 * step leaves every volume's content as it is; after a crash the work goes on from the checkpoint.
 * A merge must not run while a checkpoint reads the maps, or an entry could be seen in both layers
 * or in none.
 */
final class Reclaimer {
  /** Bounds how long a poll takes: a block costs some ten nanoseconds. */
  private static final int BLOCKS_PER_STEP = 4096;

  /** To find a leaf costs as much as so many blocks. */
  private static final int LEAF_WORK_MIN = 16;

  private final Namespace namespace;
  private final Blocks blocks;
  private final SegmentTable table;
  private @Nullable Layer merging;

  Reclaimer(Serving s) {
    namespace = s.namespace;
    blocks = s.blocks;
    table = s.table;
  }

  boolean idle() {
    return namespace.dying.isEmpty() && merging == null && namespace.mergeable.isEmpty();
  }

  /** Does a step; false when there was nothing to do. */
  boolean step(boolean mayMerge) {
    Layer drop = namespace.dying.peek();
    if (drop != null) {
      drop(drop);
      return true;
    }
    return mayMerge && merge();
  }

  private void drop(Layer layer) {
    for (int done = 0; done < BLOCKS_PER_STEP; ) {
      int work = blocks.dropLeaf(layer.map);
      done += Math.max(work, LEAF_WORK_MIN);
      if (work < 0) {
        namespace.dying.remove();
        namespace.forget(layer);
        return;
      }
    }
  }

  private boolean merge() {
    Layer parent = merging;
    if (parent == null) {
      parent = namespace.mergeable.poll();
      if (parent == null) {
        return false;
      }
    }
    merging = null;
    Layer child = onlyChild(parent);
    if (child == null) {
      return true;
    }
    for (int done = 0; done < BLOCKS_PER_STEP; ) {
      int work = blocks.mergeLeaf(parent, child);
      done += Math.max(work, LEAF_WORK_MIN);
      if (work < 0) {
        namespace.merged(parent, child, table.nextSequence());
        return true;
      }
    }
    merging = parent;
    return true;
  }

  /** The child that a layer can be merged into; null when that is no longer so. */
  private @Nullable Layer onlyChild(Layer parent) {
    boolean mergeable =
        parent.names == 0 && parent.children == 1 && !parent.dying && parent.mergedInto == null;
    return mergeable ? namespace.byIndex(parent.childrenXor) : null;
  }
}
