package io.millrace.csi.store;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import java.time.Duration;

/** What came of asking the engine how its store is. */
sealed interface EngineAnswer {
  /**
   * The engine answered.
   *
   * @param store its uuid is empty, and its figures say nothing, while the engine recovers it
   */
  record Told(Store store, Stats stats) implements EngineAnswer {
    boolean hasFigures() {
      return !store.getUuid().isEmpty();
    }
  }

  /** It did not; the reason is the same text for as long as the trouble is the same. */
  record Silent(String reason) implements EngineAnswer {}

  /** Asks; takes no longer than about three times the timeout. */
  static EngineAnswer of(EngineClient engine, Duration timeout) {
    try {
      Store store = engine.store(timeout);
      return new Told(
          store, store.getUuid().isEmpty() ? Stats.getDefaultInstance() : engine.stats(timeout));
    } catch (CsiFailure e) {
      return new Silent(e.getMessage());
    } catch (StatusRuntimeException e) {
      return new Silent(
          e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
              ? "no answer within " + timeout.toSeconds() + " s"
              : String.valueOf(e.getMessage()));
    }
  }
}
