package io.millrace.engine.core;

/**
 * How many blocks are staged, of each layer and in all, and whether one more may be: for the sake
 * of who flushes, and of other volumes ({@link Backlog}). Owner thread only.
 */
final class StagedShares {
  private final Backlog backlog;

  /** Blocks that are not in the maps yet. */
  private int blocks;

  /** Of the volumes of all layers with such blocks. */
  private long weights;

  private long bytesMax;
  private boolean hasItsShare;

  StagedShares(Backlog backlog) {
    this.backlog = backlog;
    bytesMax = backlog.bytes(0);
  }

  /** So much the disk takes. */
  void measured(long bytesPerSecond) {
    bytesMax = backlog.bytes(bytesPerSecond);
  }

  /** Whether there is no room for one more block of the layer of a volume of that weight. */
  boolean full(Layer layer, int weight) {
    if (layer.staged == 0) {
      layer.stagedWeight = weight;
    }
    long staged = (long) layer.staged * Bytes.PAGE;
    long left = bytesMax - (blocks + 1L) * Bytes.PAGE;
    hasItsShare = left >= 0 && Backlog.hasItsShare(staged, bytesMax, left, weight, weights);
    return left < 0 || hasItsShare;
  }

  /** The last that found no room found none because its layer has much of it already. */
  boolean hasItsShare() {
    return hasItsShare;
  }

  void forgetShare() {
    hasItsShare = false;
  }

  void add(Layer layer) {
    weights += layer.staged == 0 ? layer.stagedWeight : 0;
    layer.staged++;
    blocks++;
  }

  void remove(Layer layer) {
    layer.staged--;
    blocks--;
    weights -= layer.staged == 0 ? layer.stagedWeight : 0;
  }

  /** In all. */
  long bytes() {
    return (long) blocks * Bytes.PAGE;
  }

  /** That may be, in all. */
  long bytesMax() {
    return bytesMax;
  }
}
