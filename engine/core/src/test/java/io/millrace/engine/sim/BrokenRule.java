package io.millrace.engine.sim;

/**
 * A promise of {@link SimStorage} that it may be told to break, to see that the simulator notices.
 */
enum BrokenRule {
  NONE,
  /** One sync in three says that it is done and makes nothing durable. */
  DROPPED_SYNC,
  /** A sync leaves out the write that ended last before it, so that later ones overtake it. */
  REORDERED_ACROSS_SYNC,
  /** One write in fifty ends without an error and goes nowhere. */
  SILENT_LOSS
}
