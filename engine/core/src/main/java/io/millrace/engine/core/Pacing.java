package io.millrace.engine.core;

/**
 * Keeps writers and the cleaner to their shares of the disk, which are set anew in each poll; see
 * {@link Pace}. Owner thread only.
 */
final class Pacing {
  private final Disk disk;
  private final Throughput throughput;
  private final TokenBucket writers;
  private final TokenBucket cleaner;
  private Supply supply = Supply.NONE;
  private boolean cleaning;
  private Pace pace = supply.pace(false);

  Pacing(Disk disk, StoreOptions options) {
    this.disk = disk;
    throughput = new Throughput(options.tuning().rateWindowNanos(), options.commitBytesMin());
    long lumpBytes = Math.max(1, options.commitBytesMin() / 2);
    writers = new TokenBucket(lumpBytes);
    cleaner = new TokenBucket(lumpBytes);
  }

  /** Looks at the disk: when a poll begins and when it ends. */
  void look(long nowNanos) {
    long bytes = disk.readBytes + disk.writeBytes;
    throughput.look(nowNanos, bytes, disk.reads + disk.writes, !disk.idle());
  }

  /** Nobody is to wait. */
  void lift(long nowNanos) {
    writers.rate(TokenBucket.UNLIMITED, nowNanos);
    cleaner.rate(TokenBucket.UNLIMITED, nowNanos);
  }

  /** Shares the disk by how well the store is off, from now on. */
  void set(Supply now, boolean cleaningNow, long nowNanos) {
    if (!now.equals(supply) || cleaningNow != cleaning) {
      supply = now;
      cleaning = cleaningNow;
      pace = now.pace(cleaningNow);
    }
    long speed = throughput.bytesPerSecond();
    writers.rate(pace.writersBytesPerSecond(speed), nowNanos);
    cleaner.rate(pace.cleanerBytesPerSecond(speed), nowNanos);
  }

  boolean admitsBlock(long nowNanos) {
    return writers.allows(nowNanos);
  }

  void staged(long bytes) {
    writers.take(bytes);
  }

  /** Nanoseconds until a block is admitted. */
  long writersDueIn(long nowNanos) {
    return writers.dueIn(nowNanos);
  }

  boolean admitsCleaning(long nowNanos) {
    return cleaner.allows(nowNanos);
  }

  void cleaned(long bytes) {
    cleaner.take(bytes);
  }

  /** Nanoseconds until the cleaner is admitted. */
  long cleanerDueIn(long nowNanos) {
    return cleaner.dueIn(nowNanos);
  }
}
