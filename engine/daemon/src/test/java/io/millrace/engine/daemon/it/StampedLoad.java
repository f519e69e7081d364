package io.millrace.engine.daemon.it;

import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes stamped blocks at random places of a device until an error ends it, and knows afterwards
 * what must be there: for each block a stamp not older than the last one that was flushed, and not
 * newer than the last one that was tried.
 */
final class StampedLoad implements Runnable {
  private static final int BLOCK_BYTES = 4096;
  private static final int WRITES_PER_FLUSH = 64;

  private final String device;
  private final int blocks;
  private final Random random;
  private final long[] tried;
  private final long[] flushed;
  private final AtomicLong flushCount = new AtomicLong();
  private long stamp;

  StampedLoad(String device, int blocks, long seed) {
    this.device = device;
    this.blocks = blocks;
    this.random = new Random(seed);
    tried = new long[blocks];
    flushed = new long[blocks];
  }

  long flushCount() {
    return flushCount.get();
  }

  @Override
  public void run() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(BLOCK_BYTES, BLOCK_BYTES);
      int fd = Libc.open(device, Libc.O_RDWR | Libc.O_DIRECT | Libc.O_CLOEXEC);
      try {
        while (round(fd, block)) {
          flushCount.incrementAndGet();
        }
      } finally {
        Libc.close(fd);
      }
    } catch (KernelException e) {
      throw new AssertionError(e);
    }
  }

  /** Some writes and a flush; false when one of them failed. */
  private boolean round(int fd, MemorySegment block) {
    for (int i = 0; i < WRITES_PER_FLUSH; i++) {
      int target = random.nextInt(blocks);
      tried[target] = ++stamp;
      fill(block, target, stamp);
      if (Libc.pwrite(fd, block.address(), BLOCK_BYTES, (long) target * BLOCK_BYTES) < 0) {
        return false;
      }
    }
    if (Libc.fdatasync(fd) < 0) {
      return false;
    }
    System.arraycopy(tried, 0, flushed, 0, blocks);
    return true;
  }

  private static void fill(MemorySegment block, int target, long stamp) {
    for (int at = 0; at < BLOCK_BYTES; at += 16) {
      block.set(ValueLayout.JAVA_LONG, at, target);
      block.set(ValueLayout.JAVA_LONG, at + 8, stamp);
    }
  }

  /** Reads every block of the device, wherever it is attached now. */
  void verify(String attached) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(BLOCK_BYTES, BLOCK_BYTES);
      int fd = Libc.open(attached, Libc.O_RDONLY | Libc.O_DIRECT | Libc.O_CLOEXEC);
      try {
        for (int target = 0; target < blocks; target++) {
          long read = Libc.pread(fd, block.address(), BLOCK_BYTES, (long) target * BLOCK_BYTES);
          check(read == BLOCK_BYTES, target, "read " + read);
          verify(block, target);
        }
      } finally {
        Libc.close(fd);
      }
    }
  }

  private void verify(MemorySegment block, int target) {
    long found = block.get(ValueLayout.JAVA_LONG, 8);
    for (int at = 0; at < BLOCK_BYTES; at += 16) {
      long owner = block.get(ValueLayout.JAVA_LONG, at);
      check(owner == (found == 0 ? 0 : target), target, "holds block " + owner);
      check(block.get(ValueLayout.JAVA_LONG, at + 8) == found, target, "is torn at byte " + at);
    }
    check(
        found >= flushed[target] && found <= tried[target],
        target,
        "has stamp " + found + ", flushed " + flushed[target] + ", tried " + tried[target]);
    // What is there now may stay: it is what a next round must not lose.
    flushed[target] = found;
    tried[target] = found;
  }

  private static void check(boolean right, int block, String what) {
    if (!right) {
      throw new AssertionError("block " + block + " " + what);
    }
  }

  /** The same history, on a device that was attached anew. */
  StampedLoad continueOn(String attached) {
    StampedLoad next = new StampedLoad(attached, blocks, random.nextLong());
    System.arraycopy(tried, 0, next.tried, 0, blocks);
    System.arraycopy(flushed, 0, next.flushed, 0, blocks);
    next.stamp = stamp;
    return next;
  }
}
