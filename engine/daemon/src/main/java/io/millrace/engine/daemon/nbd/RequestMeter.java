package io.millrace.engine.daemon.nbd;

import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.meter.RequestKind;
import io.millrace.engine.daemon.meter.VolumeMeter;
import org.jspecify.annotations.Nullable;

/**
 * Tells the meter of a volume of one connection's requests: from when all of a request is there, so
 * that a client that is slow to send or to take is not taken for a slow store.
 *
 * <p>Reactor thread only; makes no object per request. BLOCK_STATUS is not counted.
 */
final class RequestMeter {
  private final Meters meters;
  private final VolumeMeter volume;
  private final long[] beganNanos = new long[ConnectionMemory.REQUESTS];

  RequestMeter(Meters meters, VolumeMeter volume) {
    this.meters = meters;
    this.volume = volume;
  }

  /** The request with this number goes to the store, or is refused. */
  void begins(int request, int type) {
    RequestKind kind = kind(type);
    if (kind != null) {
      beganNanos[request] = meters.nanos();
      volume.begins(kind);
    }
  }

  /** It is answered, or would be if somebody were still there. */
  void ends(int request, int type, long lengthBytes, int errno) {
    RequestKind kind = kind(type);
    if (kind != null) {
      // A flush is about no range, whatever the client says.
      long bytes = kind == RequestKind.FLUSH ? 0 : lengthBytes;
      volume.ends(kind, bytes, errno, meters.nanos() - beganNanos[request]);
    }
  }

  private static @Nullable RequestKind kind(int type) {
    return switch (type) {
      case NbdWire.READ, NbdWire.CACHE -> RequestKind.READ;
      case NbdWire.WRITE -> RequestKind.WRITE;
      case NbdWire.FLUSH -> RequestKind.FLUSH;
      case NbdWire.TRIM, NbdWire.WRITE_ZEROES -> RequestKind.ZERO;
      default -> null;
    };
  }
}
