package io.millrace.engine.core;

/** Opens the store's inside to the simulator, which lives in another package. */
public final class StoreAudit {
  private StoreAudit() {}

  /** Throws when the maps, the live bits and the layers do not agree. */
  public static void check(Store store) {
    store.check();
  }

  /**
   * What a serving store has done since its opening, and what it is at.
   *
   * @param cleaning survivors are on their way
   * @param checkpointing a checkpoint is being written
   */
  public record Works(
      long checkpoints,
      long segmentsCleaned,
      long merges,
      boolean cleaning,
      boolean checkpointing) {
    private static final Works NONE = new Works(0, 0, 0, false, false);
  }

  /** None while it recovers, or when it was refused. */
  public static Works works(Store store) {
    StoreState state = store.state();
    if (state == StoreState.RECOVERING || state == StoreState.DAMAGED) {
      return Works.NONE;
    }
    Serving s = store.serving();
    return new Works(
        s.checkpointer.checkpoints,
        s.cleaner.segmentsCleaned,
        s.reclaimer.merges,
        !s.cleaner.idle(),
        !s.checkpointer.idle());
  }
}
