package io.millrace.engine.core;

/** What a store can do now. */
public enum StoreState {
  /** Reads its checkpoint and log; answers nothing but refusals. */
  RECOVERING,
  /** Serves. */
  SERVING,
  /** A write or sync failed, for good: writes are refused, reads of proven data go on. */
  STOPPED,
  /** Refused at recovery; {@link Store#reason} names the damage, or the write that failed. */
  DAMAGED,
  /** Orderly closed: everything is in a checkpoint or, when none had room, durable in the log. */
  CLOSED
}
