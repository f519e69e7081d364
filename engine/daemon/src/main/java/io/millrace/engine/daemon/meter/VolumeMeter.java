package io.millrace.engine.daemon.meter;

import java.util.List;

/**
 * What is asked of one volume, whoever serves it: each front tells of each request when it comes
 * and when it is answered. Reactor thread only; makes no object.
 */
public final class VolumeMeter {
  private final MeterSet<RequestKind> own = new MeterSet<>(RequestKind.class);
  private final MeterSet<RequestKind> all;

  VolumeMeter(MeterSet<RequestKind> all) {
    this.all = all;
  }

  /** A request has come. */
  public void begins(RequestKind kind) {
    own.of(kind).begins();
    all.of(kind).begins();
  }

  /**
   * A request is being answered.
   *
   * @param bytes read, written or zeroed
   * @param nanos since it came, whatever it waited for
   */
  public void ends(RequestKind kind, long bytes, int errno, long nanos) {
    own.of(kind).ends(bytes, errno, nanos);
    all.of(kind).ends(bytes, errno, nanos);
  }

  boolean idle() {
    return own.idle();
  }

  List<Reading> read() {
    return own.read();
  }
}
