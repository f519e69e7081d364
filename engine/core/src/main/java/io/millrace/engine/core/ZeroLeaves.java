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
    wait.begin();
  }

  /** Begins to bring those of a range that will be applied soon; how many are missing. */
  int expect(Layer layer, long first, long count) {
    int missing = 0;
    walk.begin(layer, first / Leaf.BLOCKS);
    while (walk.next() && walk.leaf() * Leaf.BLOCKS < first + count) {
      missing += walk.expect(namespace.pages);
    }
    return missing;
  }

  /**
   * Whether a commit can be applied without holding anybody up; if not ask again when something has
   * ended.
   */
  boolean areThere(Batch batch) {
    if (wait.rests()) {
      return false;
    }
    int missing = wait.isOver() ? 0 : expect(batch);
    wait.looked(missing);
    if (missing == 0) {
      wait.begin();
    }
    return missing == 0;
  }

  private int expect(Batch batch) {
    int missing = 0;
    int at = 0;
    for (int i = 0; i < batch.recordCount; i++) {
      if (Records.type(batch.records, at) == Records.TYPE_ZEROED) {
        Layer layer = namespace.requireLayer(Records.number(batch.records, at, 0));
        long first = Records.number(batch.records, at, 1);
        missing += expect(layer, first, Records.number(batch.records, at, 2));
      }
      at = Records.next(batch.records, at);
    }
    return missing;
  }
}
