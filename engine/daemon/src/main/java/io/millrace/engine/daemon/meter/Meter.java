package io.millrace.engine.daemon.meter;

import org.HdrHistogram.Histogram;

/**
 * Counts one kind of request, and how long each took: whole microseconds, in steps of at most a
 * sixteenth, up to a minute; what took longer counts as a minute.
 *
 * <p>One thread records and reads. Recording makes no object.
 */
final class Meter {
  private static final long MICROS_MAX = 60_000_000;
  private static final int DIGITS = 1;
  private static final long NANOS_PER_MICRO = 1000;

  private final Histogram micros = new Histogram(1, MICROS_MAX, DIGITS);
  private long errors;
  private long count;
  private long bytes;
  private long inFlight;
  private long nanos;

  void begins() {
    inFlight++;
  }

  void ends(long moreBytes, int errno, long tookNanos) {
    inFlight--;
    count++;
    nanos += tookNanos;
    if (errno == 0) {
      bytes += moreBytes;
    } else {
      errors++;
    }
    micros.recordValue(Math.clamp(tookNanos / NANOS_PER_MICRO, 0, MICROS_MAX));
  }

  boolean idle() {
    return inFlight == 0;
  }

  Reading read(String kind) {
    return new Reading(kind, count, errors, bytes, inFlight, nanos, micros.copy());
  }
}
