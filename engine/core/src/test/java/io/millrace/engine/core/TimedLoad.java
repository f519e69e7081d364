package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Writers of 4 KiB at random places, queue depth 32, and one that flushes now and then, on a disk
 * in memory that keeps to the limits of a real one by a clock of its own: what they feel doesn't
 * depend on the machine.
 */
final class TimedLoad implements Answers, Clock {
  private static final int DEPTH = 32;
  private static final long FLUSH_TAG = DEPTH;
  private static final long WRITE_CPU_NANOS = 6_000;
  private static final long FLUSH_EVERY_NANOS = 50_000_000;
  private static final long SLICE_NANOS = 100_000_000;
  private static final long SECOND = 1_000_000_000;

  private final TimedDisk disk;
  private final Store store;
  private final SplittableRandom random = new SplittableRandom(1);
  private final MemorySegment data = Arena.ofAuto().allocate(Bytes.PAGE, Bytes.PAGE);
  private final long[] since = new long[DEPTH + 1];
  private long nanos;
  private long volume;
  private long volumeBlocks;
  private boolean ready;
  private int begun;
  private long next;
  private boolean sequential;
  private boolean flushing;
  private long flushAt;

  // What is counted.
  private Times writes = new Times();
  private Times flushes = new Times();
  private long[] slices = new long[0];
  private long began;

  TimedLoad(int segments, int segmentBytes) {
    disk = new TimedDisk((long) segments * segmentBytes, this);
    Formatting formatting =
        Store.format(disk, this, new FormatOptions(new UUID(1, 2), 3, segmentBytes, false));
    while (!formatting.done()) {
      nanos += 1000;
      formatting.poll();
    }
    store = Store.open(disk, this, StoreOptions.defaults());
    while (store.state() == StoreState.RECOVERING) {
      nanos += 1000;
      store.poll(this);
    }
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public long wallMillis() {
    return nanos / 1_000_000;
  }

  /**
   * What the writers felt.
   *
   * @param writesPerSecond over the whole time
   * @param worstPerSecond of the tenths of a second, times ten
   * @param writes how long each took
   * @param flushes the same
   * @param deviceBytes to the disk for each byte of the user's
   */
  record Felt(
      long writesPerSecond, long worstPerSecond, Times writes, Times flushes, double deviceBytes) {}

  /** How long things took. */
  static final class Times {
    private long[] nanos = new long[1 << 12];
    private int count;

    private void add(long took) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, count * 2);
      }
      nanos[count++] = took;
    }

    private Times sorted() {
      Arrays.sort(nanos, 0, count);
      return this;
    }

    /** So many percent took no longer. */
    double millis(int percent) {
      return count == 0 ? 0 : nanos[(int) ((count - 1L) * percent / 100)] / 1e6;
    }
  }

  /** Fills so much of the room with one volume, and writes it over until it is cleaned steadily. */
  void fill(int percent) {
    volumeBlocks = store.info().capacityBytes() / Bytes.PAGE * percent / 100;
    store.command(
        Command.CreateVolume.empty("load", volumeBlocks * Bytes.PAGE + Bytes.PAGE), FLUSH_TAG + 1);
    while (!ready) {
      step(Long.MAX_VALUE);
    }
    sequential = true;
    serve(() -> next < volumeBlocks);
    sequential = false;
    long end = next + 2 * disk.sizeBytes() / Bytes.PAGE;
    serve(() -> next < end);
  }

  private interface Condition {
    boolean holds();
  }

  /** Loads a disk of this speed; its first second is not counted: the store gets to know it. */
  Felt run(TimedDisk.Speed speed, int seconds) {
    disk.speed(speed);
    long start = nanos + SECOND;
    serve(() -> nanos < start);
    StoreStats before = store.stats();
    writes = new Times();
    flushes = new Times();
    began = nanos;
    slices = new long[(int) (seconds * SECOND / SLICE_NANOS)];
    long end = nanos + seconds * SECOND;
    serve(() -> nanos < end);
    StoreStats after = store.stats();
    disk.speed(TimedDisk.Speed.UNLIMITED);
    return new Felt(
        Arrays.stream(slices).sum() / seconds,
        Arrays.stream(slices).min().orElse(0) * (SECOND / SLICE_NANOS),
        writes.sorted(),
        flushes.sorted(),
        (double) (after.deviceWriteBytes() - before.deviceWriteBytes())
            / (after.userWriteBytes() - before.userWriteBytes()));
  }

  /** Without requests; the bytes that are written to the disk meanwhile. */
  long rest(int seconds) {
    long before = store.stats().deviceWriteBytes();
    long end = nanos + seconds * SECOND;
    while (nanos < end) {
      step(end);
    }
    return store.stats().deviceWriteBytes() - before;
  }

  /** Keeps the queue full while the condition holds, then lets it run dry. */
  private void serve(Condition condition) {
    while (condition.holds()) {
      while (begun < DEPTH && condition.holds()) {
        int slot = 0;
        while (since[slot] != 0) {
          slot++;
        }
        write(slot);
      }
      flushWhenDue();
      step(Math.min(flushAt, nextSlice()));
    }
    while (begun > 0 || flushing) {
      step(Long.MAX_VALUE);
    }
  }

  private long nextSlice() {
    return nanos + SLICE_NANOS;
  }

  private void write(int slot) {
    nanos += WRITE_CPU_NANOS;
    begun++;
    since[slot] = nanos;
    long block = sequential ? next % volumeBlocks : random.nextLong(volumeBlocks);
    next++;
    store.write(volume, block * Bytes.PAGE, data, slot);
  }

  private void flushWhenDue() {
    if (!flushing && nanos >= flushAt && !sequential) {
      flushing = true;
      flushAt = nanos + FLUSH_EVERY_NANOS;
      since[DEPTH] = nanos;
      store.flush(volume, FLUSH_TAG);
    }
  }

  /** Polls once, and lets the time pass until something can happen. */
  private void step(long until) {
    int before = begun;
    boolean wasFlushing = flushing;
    long wait = store.poll(this);
    if (store.state() != StoreState.SERVING) {
      throw new IllegalStateException(store.reason());
    }
    if (begun < before || flushing != wasFlushing) {
      return;
    }
    long wake = wait == Long.MAX_VALUE ? Long.MAX_VALUE : nanos + Math.max(wait, 1000);
    nanos = Math.max(nanos + 100, Math.min(Math.min(disk.nextDueNanos(), wake), until));
  }

  @Override
  public void answered(long tag, int errno) {
    if (errno != 0) {
      throw new IllegalStateException("errno " + errno);
    }
    long took = nanos - since[(int) tag];
    if (tag == FLUSH_TAG) {
      flushing = false;
      flushes.add(took);
      return;
    }
    since[(int) tag] = 0;
    begun--;
    writes.add(took);
    int slice = (int) ((nanos - began) / SLICE_NANOS);
    if (slice < slices.length) {
      slices[slice]++;
    }
  }

  @Override
  public void commanded(long tag, CommandResult result) {
    volume = Bench.volumeOf(result);
    ready = true;
  }
}
