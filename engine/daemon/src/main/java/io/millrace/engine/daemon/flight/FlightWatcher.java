package io.millrace.engine.daemon.flight;

import io.millrace.engine.core.StoreInfo;
import io.millrace.engine.core.Watcher;
import io.millrace.engine.daemon.ObjectId;
import java.util.concurrent.TimeUnit;

/** Puts what a store tells into the Flight Recorder. */
public final class FlightWatcher implements Watcher {
  /** Shorter ones are how a fast writer feels a slow disk. */
  private static final long STALL_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(100);

  @Override
  public void checkpointed(long number, long nanos) {
    CheckpointEvent event = new CheckpointEvent();
    event.number = number;
    event.nanos = nanos;
    event.commit();
  }

  @Override
  public void cleaned(int segment, int liveBlocks, long nanos) {
    SegmentCleanedEvent event = new SegmentCleanedEvent();
    event.segment = segment;
    event.liveBlocks = liveBlocks;
    event.nanos = nanos;
    event.commit();
  }

  @Override
  public void stalled(long volumeId, long nanos) {
    if (nanos >= STALL_NANOS_MIN) {
      WriterStalledEvent event = new WriterStalledEvent();
      event.volume = new ObjectId(volumeId).toString();
      event.nanos = nanos;
      event.commit();
    }
  }

  /** The store has been recovered. */
  public void recovered(StoreInfo info) {
    RecoveryEvent event = new RecoveryEvent();
    event.stagedCommits = info.staging().commits();
    event.nanos = info.recoveryNanos();
    event.commit();
  }
}
