package io.millrace.engine.core;

import org.jspecify.annotations.Nullable;

/**
 * Frees the blocks of unreachable layers and merges layers that nobody names into their only child,
 * a few leaves at a time.
 *
 * <p>Neither is logged: a layer is unreachable, or mergeable, by what the catalog says, and every
 * step leaves every volume's content as it is; after a crash the work goes on from the checkpoint.
 * A merge must not run while a checkpoint reads the maps, or an entry could be seen in both layers
 * or in none.
 */
final class Reclaimer {
  private static final int LEAVES_PER_STEP = 64;

  private final Namespace namespace;
  private final Blocks blocks;
  private @Nullable Layer merging;

  Reclaimer(Serving s) {
    namespace = s.namespace;
    blocks = s.blocks;
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
    for (int i = 0; i < LEAVES_PER_STEP; i++) {
      if (!blocks.dropLeaf(layer.map)) {
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
    for (int i = 0; i < LEAVES_PER_STEP; i++) {
      if (!blocks.mergeLeaf(parent.map, child.map)) {
        namespace.merged(parent, child);
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
