package io.millrace.engine.daemon.meter;

import java.util.List;

/** Calls at the store's disk. The thread that owns the store. */
public final class DiskMeter {
  private final MeterSet<DiskCall> meters = new MeterSet<>(DiskCall.class);

  /** It is on its way to the disk. */
  public void begins(DiskCall call) {
    meters.of(call).begins();
  }

  /**
   * @param nanos since it was asked for
   */
  public void ends(DiskCall call, long bytes, int errno, long nanos) {
    meters.of(call).ends(bytes, errno, nanos);
  }

  List<Reading> read() {
    return meters.read();
  }
}
