package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * A disk in memory that takes its time, by a clock that somebody else turns: calls are served one
 * after the other, and a sync when all before it have been.
 */
final class TimedDisk implements Storage {
  /**
   * What a disk can do.
   *
   * @param operationBytes that count as one operation: clouds count a large call as several
   * @param latencyNanos of a call on a disk with nothing else to do
   */
  record Speed(
      int operationsPerSecond, long bytesPerSecond, int operationBytes, long latencyNanos) {
    static final int CLOUD_OPERATION_BYTES = 256 << 10;
    static final int ANY_BYTES = Integer.MAX_VALUE;
    static final Speed UNLIMITED = new Speed(10_000_000, 1L << 40, ANY_BYTES, 0);

    /** A disk of a cloud. */
    Speed(int operationsPerSecond, long bytesPerSecond, long latencyNanos) {
      this(operationsPerSecond, bytesPerSecond, CLOUD_OPERATION_BYTES, latencyNanos);
    }

    long nanos(long bytes) {
      long operations = Math.max(1, (bytes + operationBytes - 1) / operationBytes);
      return Math.max(
          operations * 1_000_000_000 / operationsPerSecond, (long) (bytes * 1e9 / bytesPerSecond));
    }
  }

  private record Call(long ticket, long due) {}

  private final MemorySegment content;
  private final Clock clock;
  private final ArrayDeque<Call> calls = new ArrayDeque<>();
  private Speed speed = Speed.UNLIMITED;
  private long busyUntil;

  TimedDisk(long bytes, Clock clock) {
    content = Arena.ofAuto().allocate(bytes, Bytes.PAGE);
    this.clock = clock;
  }

  void speed(Speed other) {
    speed = other;
  }

  /** When the next call ends; {@link Long#MAX_VALUE}: none is under way. */
  long nextDueNanos() {
    Call next = calls.peek();
    return next == null ? Long.MAX_VALUE : next.due;
  }

  @Override
  public long sizeBytes() {
    return content.byteSize();
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    MemorySegment.copy(content, offset, into, 0, into.byteSize());
    begin(ticket, into.byteSize());
  }

  /** Its time is on the bill of what comes after it. */
  @Override
  public int readNow(long offset, MemorySegment into) {
    MemorySegment.copy(content, offset, into, 0, into.byteSize());
    busyUntil = Math.max(busyUntil, clock.nanos()) + speed.nanos(into.byteSize());
    return 0;
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    MemorySegment.copy(from, 0, content, offset, from.byteSize());
    begin(ticket, from.byteSize());
  }

  @Override
  public void sync(long ticket) {
    begin(ticket, 0);
  }

  private void begin(long ticket, long bytes) {
    busyUntil = Math.max(busyUntil, clock.nanos()) + speed.nanos(bytes);
    calls.add(new Call(ticket, busyUntil + speed.latencyNanos));
  }

  @Override
  public void drain(Completions sink) {
    while (nextDueNanos() <= clock.nanos()) {
      sink.completed(calls.remove().ticket, 0);
    }
  }
}
