package io.millrace.csi.store;

import io.millrace.engine.api.StoreState;

/** Whether a store serves, why not, and what to do about it: the condition Ready. Pure. */
record Readiness(boolean ready, String reason, String message) {
  static final String REPLACED = "Replaced";
  private static final String ENGINE_POD =
      "the node's engine (its pod has the label app.kubernetes.io/name=millrace-engine)";

  static Readiness of(String nodeName, EngineAnswer answer) {
    return switch (answer) {
      case EngineAnswer.Told told -> of(told.store().getState(), told.store().getReason());
      case EngineAnswer.Silent silent ->
          new Readiness(
              false,
              "Unavailable",
              "the engine of node %s can't be asked: %s; see events and log of %s"
                  .formatted(nodeName, silent.reason(), ENGINE_POD));
    };
  }

  private static Readiness of(StoreState state, String cause) {
    return switch (state) {
      case SERVING -> new Readiness(true, "Serving", "the store serves I/O");
      case STOPPED ->
          new Readiness(
              false,
              "Stopped",
              "the store only reads since a write failed: %s; mend the disk, then delete the pod of %s"
                  .formatted(cause, ENGINE_POD));
      case DAMAGED ->
          new Readiness(
              false,
              "Damaged",
              "the store was refused when it was opened: %s; see the log of %s"
                  .formatted(cause, ENGINE_POD));
      case RECOVERING, STORE_STATE_UNSPECIFIED, UNRECOGNIZED ->
          new Readiness(
              false, "Recovering", "the engine recovers the store; wait until it is done");
    };
  }

  /** Of a store that the node has published before, and serves no longer. */
  static Readiness replacedBy(String uuid, String nodeName) {
    return new Readiness(
        false,
        REPLACED,
        "node %s serves store %s now; if this one is gone for good, delete the object"
            .formatted(nodeName, uuid));
  }
}
