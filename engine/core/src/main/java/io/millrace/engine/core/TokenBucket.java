package io.millrace.engine.core;

/**
 * Bytes that may be moved, filled up by time. A piece may be larger than what is there: the rest is
 * owed, so that large pieces get their turn too. When all is gone, nothing may be moved until there
 * is a lump again: small pieces that come one by one cost a disk more. Owner thread only.
 */
final class TokenBucket {
  static final long UNLIMITED = Long.MAX_VALUE;

  private static final double NANOS_PER_SECOND = 1e9;

  private final long lumpBytes;
  private long bytesPerSecond = UNLIMITED;
  private double bytes;
  private boolean gathering;
  private long filledNanos;

  /** Without a limit yet. */
  TokenBucket(long lumpBytes) {
    this.lumpBytes = lumpBytes;
  }

  /** Changes how fast it fills; what is owed stays owed until there is no limit any more. */
  void rate(long newBytesPerSecond, long nowNanos) {
    fill(nowNanos);
    bytesPerSecond = newBytesPerSecond;
    if (newBytesPerSecond == UNLIMITED) {
      bytes = 0;
      gathering = false;
    }
  }

  /** Whether something may be moved now. */
  boolean allows(long nowNanos) {
    fill(nowNanos);
    return !gathering;
  }

  void take(long taken) {
    if (bytesPerSecond != UNLIMITED) {
      bytes -= taken;
      gathering |= bytes <= 0;
    }
  }

  /** Nanoseconds until something may be moved. */
  long dueIn(long nowNanos) {
    return allows(nowNanos)
        ? 0
        : 1 + (long) ((lumpBytes - bytes) / bytesPerSecond * NANOS_PER_SECOND);
  }

  private void fill(long nowNanos) {
    if (bytesPerSecond != UNLIMITED) {
      double came = bytesPerSecond * ((nowNanos - filledNanos) / NANOS_PER_SECOND);
      bytes = Math.min((double) lumpBytes, bytes + came);
      gathering &= bytes < lumpBytes;
    }
    filledNanos = nowNanos;
  }
}
