package io.millrace.engine.core;

/** Opens the store's own check to the simulator, which lives in another package. */
public final class StoreAudit {
  private StoreAudit() {}

  /** Throws when the maps, the live bits and the layers do not agree. */
  public static void check(Store store) {
    store.check();
  }
}
