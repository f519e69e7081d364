package io.millrace.engine.daemon.it;

import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Several threads that write stamped sectors of one device, and flush now and then, until an error
 * ends them. Each sector says which volume and sector it is and which write it is of. Writes are of
 * 512 bytes to 64 KiB at any sector, so that blocks are shared by writers; a sector has one writer
 * at a time. The load goes on, with the same history, on a device that is attached anew.
 */
final class SectorLoad {
  static final int SECTOR_BYTES = 512;
  private static final int WRITERS = 3;
  private static final int WRITE_SECTORS_MAX = 128;
  private static final int SMALL_SECTORS_MAX = 16;
  private static final int WRITES_PER_FLUSH = 40;
  private static final int READ_BYTES = 1 << 20;

  private final int volume;
  private final int sectors;
  private final AtomicLong clock;
  private final AtomicIntegerArray claimed;
  private final SectorHistory history;
  private final AtomicLong flushedBefore = new AtomicLong();
  private final AtomicLong flushes = new AtomicLong();

  private List<WriteLog> logs = List.of();
  private List<Thread> threads = List.of();

  /**
   * @param clock shared by the loads of all volumes of a store
   */
  SectorLoad(int volume, int bytes, AtomicLong clock) {
    this.volume = volume;
    this.sectors = bytes / SECTOR_BYTES;
    this.clock = clock;
    claimed = new AtomicIntegerArray(sectors);
    history = new SectorHistory(volume, sectors);
  }

  /** Begins to write, and returns at once. */
  void start(String device, Random random) {
    List<WriteLog> newLogs = new ArrayList<>();
    List<Thread> newThreads = new ArrayList<>();
    flushedBefore.set(0);
    for (int i = 0; i < WRITERS; i++) {
      WriteLog log = new WriteLog();
      Random own = new Random(random.nextLong());
      newLogs.add(log);
      newThreads.add(Thread.ofPlatform().start(() -> write(device, log, own)));
    }
    logs = newLogs;
    threads = newThreads;
  }

  boolean isRunning() {
    return threads.stream().allMatch(Thread::isAlive);
  }

  /** Flushes that ended well, ever. */
  long flushes() {
    return flushes.get();
  }

  /** Waits until all writers have met the error that ends them. */
  void join() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
    for (int i = 0; i < sectors; i++) {
      claimed.set(i, 0);
    }
  }

  SectorHistory history() {
    return history;
  }

  /** What was done since the load began the last time. Call it after {@link #join}. */
  SectorHistory.Since since() {
    return new SectorHistory.Since(logs, flushedBefore.get());
  }

  private void write(String device, WriteLog log, Random random) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate((long) WRITE_SECTORS_MAX * SECTOR_BYTES, 4096);
      int fd = Libc.open(device, Libc.O_RDWR | Libc.O_DIRECT | Libc.O_CLOEXEC);
      try {
        boolean well = true;
        while (well) {
          well =
              random.nextInt(WRITES_PER_FLUSH) == 0 ? flush(fd) : writeOne(fd, buffer, log, random);
        }
      } finally {
        Libc.close(fd);
      }
    } catch (KernelException e) {
      throw new AssertionError(e);
    }
  }

  private boolean flush(int fd) {
    long begun = clock.incrementAndGet();
    if (Libc.fdatasync(fd) < 0) {
      return false;
    }
    flushedBefore.accumulateAndGet(begun, Math::max);
    flushes.incrementAndGet();
    return true;
  }

  private boolean writeOne(int fd, MemorySegment buffer, WriteLog log, Random random) {
    int max = random.nextInt(8) == 0 ? WRITE_SECTORS_MAX : SMALL_SECTORS_MAX;
    int count = 1 + random.nextInt(max);
    int first = random.nextInt(sectors - count + 1);
    if (!claim(first, count)) {
      return true;
    }
    long stamp = clock.incrementAndGet();
    log.begin(first, count, stamp);
    for (int i = 0; i < count; i++) {
      fill(buffer, (long) i * SECTOR_BYTES, place(first + i), stamp);
    }
    long bytes = (long) count * SECTOR_BYTES;
    if (Libc.pwrite(fd, buffer.address(), bytes, (long) first * SECTOR_BYTES) != bytes) {
      return false; // the sectors stay claimed: nobody may say what is in them
    }
    log.answered(clock.incrementAndGet());
    release(first, count);
    return true;
  }

  /** All of the range or nothing of it. */
  private boolean claim(int first, int count) {
    for (int i = 0; i < count; i++) {
      if (!claimed.compareAndSet(first + i, 0, 1)) {
        release(first, i);
        return false;
      }
    }
    return true;
  }

  private void release(int first, int count) {
    for (int i = 0; i < count; i++) {
      claimed.set(first + i, 0);
    }
  }

  private long place(int sector) {
    return ((long) volume << 40) | sector;
  }

  private static void fill(MemorySegment buffer, long at, long place, long stamp) {
    for (long end = at + SECTOR_BYTES; at < end; at += 16) {
      buffer.set(ValueLayout.JAVA_LONG, at, place);
      buffer.set(ValueLayout.JAVA_LONG, at + 8, stamp);
    }
  }

  /** What a device holds now: the stamp of each sector, all of them whole and in their place. */
  long[] read(String device) throws KernelException {
    long[] found = new long[sectors];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(READ_BYTES, 4096);
      int fd = Libc.open(device, Libc.O_RDONLY | Libc.O_DIRECT | Libc.O_CLOEXEC);
      try {
        for (int first = 0; first < sectors; first += READ_BYTES / SECTOR_BYTES) {
          int count = Math.min(READ_BYTES / SECTOR_BYTES, sectors - first);
          long bytes = (long) count * SECTOR_BYTES;
          long read = Libc.pread(fd, buffer.address(), bytes, (long) first * SECTOR_BYTES);
          if (read != bytes) {
            throw wrong(first, "was read with result " + read);
          }
          for (int i = 0; i < count; i++) {
            found[first + i] = stamp(buffer, (long) i * SECTOR_BYTES, first + i);
          }
        }
      } finally {
        Libc.close(fd);
      }
    }
    return found;
  }

  private long stamp(MemorySegment buffer, long at, int sector) {
    long stamp = buffer.get(ValueLayout.JAVA_LONG, at + 8);
    long place = stamp == 0 ? 0 : place(sector);
    for (long end = at + SECTOR_BYTES; at < end; at += 16) {
      long holds = buffer.get(ValueLayout.JAVA_LONG, at);
      if (holds != place || buffer.get(ValueLayout.JAVA_LONG, at + 8) != stamp) {
        throw wrong(sector, "holds %x at byte %d, or is torn".formatted(holds, at % SECTOR_BYTES));
      }
    }
    return stamp;
  }

  private AssertionError wrong(int sector, String what) {
    return new AssertionError("volume " + volume + " sector " + sector + " " + what);
  }
}
