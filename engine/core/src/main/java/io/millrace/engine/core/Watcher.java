package io.millrace.engine.core;

/**
 * Is told of what takes long inside a store when it has ended, for people to see; decides nothing.
 * Called by the owner thread: returns at once.
 */
public interface Watcher {
  /** Nobody watches. */
  Watcher NONE = new Watcher() {};

  /** A checkpoint stands. */
  default void checkpointed(long number, long nanos) {}

  /**
   * A segment's live blocks have been put elsewhere, or have died meanwhile.
   *
   * @param liveBlocks when it was chosen
   */
  default void cleaned(int segment, int liveBlocks, long nanos) {}

  /** For so long at least one write of the volume has waited for room. */
  default void stalled(long volumeId, long nanos) {}
}
