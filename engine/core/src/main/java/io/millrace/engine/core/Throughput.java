package io.millrace.engine.core;

/**
 * How many bytes a second something gets done while it is busy, smoothed over some tenths of a
 * second. Owner thread only.
 *
 * <p>What is done in small pieces tells only that more is not impossible: it raises the figure and
 * never lowers it.
 */
final class Throughput {
  /** How many windows a change takes, roughly. */
  private static final int SMOOTHING = 4;

  private static final double NANOS_PER_SECOND = 1e9;

  private final long windowNanos;
  private final long largeBytes;
  private long bytesPerSecond;
  private long nanosPerPiece;
  private long lastNanos;
  private boolean busy;
  private long busyNanos;
  private long bytesAtStart;
  private long piecesAtStart;

  /**
   * Knows nothing yet.
   *
   * @param windowNanos of work that are looked at together
   * @param largeBytes pieces of this size on average show what can be done at most
   */
  Throughput(long windowNanos, long largeBytes) {
    this.windowNanos = windowNanos;
    this.largeBytes = largeBytes;
  }

  /** 0: not known yet. */
  long bytesPerSecond() {
    return bytesPerSecond;
  }

  /** Of work, for each piece, however large; 0: not known yet. */
  long nanosPerPiece() {
    return nanosPerPiece;
  }

  /**
   * Looks, at least whenever it gets busy or idle.
   *
   * @param bytes done in all, ever
   * @param pieces they were done in
   * @param busyNow something is under way
   */
  void look(long nowNanos, long bytes, long pieces, boolean busyNow) {
    busyNanos += busy ? nowNanos - lastNanos : 0;
    lastNanos = nowNanos;
    busy = busyNow;
    long donePieces = pieces - piecesAtStart;
    // Of a disk that hangs it is not known yet how much it does in so much time.
    if (busyNanos >= windowNanos && donePieces > 0) {
      long done = bytes - bytesAtStart;
      boolean large = done >= donePieces * largeBytes;
      bytesPerSecond = next(bytesPerSecond, done, busyNanos, large);
      long each = busyNanos / donePieces;
      nanosPerPiece =
          nanosPerPiece == 0 ? each : nanosPerPiece + (each - nanosPerPiece) / SMOOTHING;
      busyNanos = 0;
      bytesAtStart = bytes;
      piecesAtStart = pieces;
    }
  }

  /** What is known after a window, by what was before (0: nothing). */
  static long next(long before, long bytes, long nanos, boolean large) {
    long seen = (long) (bytes / (nanos / NANOS_PER_SECOND));
    if (before == 0 || (seen < before && !large)) {
      return Math.max(before, seen);
    }
    return before + (seen - before) / SMOOTHING;
  }
}
