package io.millrace.engine.core;

/**
 * Has those leaves brought into memory that a zeroed range needs when it is applied: what it frees,
 * and what parents show below it. Owner thread only.
 */
final class ZeroLeaves {
  private final Namespace namespace;
  private final ChainWalk walk = new ChainWalk();
  private final LeafWait wait;

  ZeroLeaves(Namespace namespace) {
    this.namespace = namespace;
    wait = new LeafWait(namespace.pages);
  }

  /** Begins to bring those of a range that will be applied soon, as many as there is room for. */
  void expect(Layer layer, long first, long count) {
    areThere(layer, first, count);
  }

  /**
   * Whether a commit can be applied without holding anybody up; if not ask again when something has
   * ended.
   */
  boolean areThere(Batch batch) {
    if (wait.rests()) {
      return false;
    }
    boolean all = true;
    int at = 0;
    for (int i = 0; i < batch.recordCount && !wait.isOver(); i++) {
      if (Records.type(batch.records, at) == Records.TYPE_ZEROED) {
        Layer layer = namespace.requireLayer(Records.number(batch.records, at, 0));
        long first = Records.number(batch.records, at, 1);
        all &= areThere(layer, first, Records.number(batch.records, at, 2));
      }
      at = Records.next(batch.records, at);
    }
    if (all) {
      wait.begin();
    }
    return all;
  }

  private boolean areThere(Layer layer, long first, long count) {
    boolean all = true;
    walk.begin(layer, first / Leaf.BLOCKS);
    while (walk.next() && walk.leaf() * Leaf.BLOCKS < first + count) {
      all &= walk.isThere(namespace.pages);
    }
    return all;
  }
}
