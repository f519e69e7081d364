package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Storage.Completions;
import io.millrace.engine.daemon.flight.DiskCallEvent;
import io.millrace.engine.daemon.meter.DiskCall;
import io.millrace.engine.daemon.meter.DiskMeter;
import java.util.Arrays;

/**
 * Calls of a disk whose time is taken, from when they are asked for to when their end is seen,
 * whoever makes them. The owner thread; makes no object.
 */
final class MeteredCalls implements Completions {
  private static final int CALLS_MAX = DiskCalls.CALLS_MAX;
  private static final Completions NOBODY = (_, _) -> {};

  private final DiskCalls calls;
  private final DiskMeter meter = new DiskMeter();
  private final DiskCall[] kind = new DiskCall[CALLS_MAX];
  private final long[] ticket = new long[CALLS_MAX];
  private final long[] offset = new long[CALLS_MAX];
  private final long[] bytes = new long[CALLS_MAX];
  private final long[] beganNanos = new long[CALLS_MAX];
  private final int[] free = new int[CALLS_MAX];
  private int freeCount = CALLS_MAX;
  private Completions sink = NOBODY;

  MeteredCalls(DiskCalls calls) {
    this.calls = calls;
    Arrays.fill(kind, DiskCall.SYNC);
    Arrays.setAll(free, i -> CALLS_MAX - 1 - i);
  }

  DiskMeter meter() {
    return meter;
  }

  void read(long at, long address, long length, long callTicket) {
    calls.read(at, address, length, take(DiskCall.READ, at, length, callTicket));
  }

  void write(long at, long address, long length, long callTicket) {
    calls.write(at, address, length, take(DiskCall.WRITE, at, length, callTicket));
  }

  void sync(long callTicket) {
    calls.sync(take(DiskCall.SYNC, 0, 0, callTicket));
  }

  private int take(DiskCall call, long at, long length, long callTicket) {
    if (freeCount == 0) {
      throw new IllegalStateException("more than " + CALLS_MAX + " disk calls under way");
    }
    int place = free[--freeCount];
    kind[place] = call;
    ticket[place] = callTicket;
    offset[place] = at;
    bytes[place] = length;
    beganNanos[place] = System.nanoTime();
    meter.begins(call);
    return place;
  }

  void submit() {
    calls.submit();
  }

  void drain(Completions to) {
    sink = to;
    calls.drain(this);
    sink = NOBODY;
  }

  @Override
  public void completed(long place, int errno) {
    int p = (int) place;
    long nanos = System.nanoTime() - beganNanos[p];
    meter.ends(kind[p], bytes[p], errno, nanos);
    if (nanos >= DiskCallEvent.NANOS_MIN) {
      DiskCallEvent.record(kind[p].name(), offset[p], bytes[p], errno, nanos);
    }
    free[freeCount++] = p;
    sink.completed(ticket[p], errno);
  }

  /** What they are, and why not another kind. */
  String text() {
    return calls.text();
  }

  /** Waits for calls under way; false: some still are. */
  boolean close() {
    return calls.close();
  }
}
