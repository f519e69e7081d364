package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Storage;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A store's space in a file or on a block device, by direct I/O, locked against a second daemon.
 *
 * <p>The owner submits into a ring; a few platform threads take from it, make the blocking call,
 * and put the end into a second ring, which the owner drains when the eventfd wakes it. Both rings
 * are fixed arrays: no object is made per call. The owner never has more calls under way than the
 * rings hold.
 */
public final class FileStorage implements Storage, AutoCloseable {
  private static final int CALLS_MAX = 4096;
  private static final Duration LOCK_PATIENCE = Duration.ofSeconds(2);
  private static final Duration LOCK_RECHECK = Duration.ofMillis(20);

  private enum Kind {
    READ,
    WRITE,
    SYNC
  }

  private final Path path;
  private final int fd;
  private final long sizeBytes;
  private final EventFd wake;
  private final CallRing submitted = new CallRing(CALLS_MAX);
  private final EndRing ended = new EndRing(CALLS_MAX);
  private final EndRing drained = new EndRing(CALLS_MAX);
  private final List<Thread> workers = new ArrayList<>();

  private FileStorage(Path path, int fd, long sizeBytes, EventFd wake) {
    this.path = path;
    this.fd = fd;
    this.sizeBytes = sizeBytes;
    this.wake = wake;
  }

  /**
   * Opens and locks {@code path}.
   *
   * @param wake signalled when a call has ended; belongs to the caller
   * @param workerCount calls that may be at the disk at once
   */
  public static FileStorage open(Path path, EventFd wake, int workerCount) throws IOException {
    WrongFileException.refuse(path);
    int fd = openDirect(path);
    try {
      lock(path, fd);
      long sizeBytes = Libc.sizeBytes(fd, path.toString()) & -4096L;
      FileStorage storage = new FileStorage(path, fd, sizeBytes, wake);
      storage.startWorkers(workerCount);
      return storage;
    } catch (IOException e) {
      Libc.close(fd);
      throw e;
    }
  }

  /** Waits a moment: a predecessor that was killed holds the lock until its last call has ended. */
  static void lock(Path path, int fd) throws IOException {
    long deadline = System.nanoTime() + LOCK_PATIENCE.toNanos();
    while (!Libc.tryLock(fd, path.toString())) {
      if (System.nanoTime() > deadline) {
        throw StoreInUseException.locked(path);
      }
      LockSupport.parkNanos(LOCK_RECHECK.toNanos());
    }
  }

  private static int openDirect(Path path) throws IOException {
    try {
      // On a block device O_EXCL keeps file systems and other drivers away.
      int exclusive = Files.isRegularFile(path) ? 0 : Libc.O_EXCL;
      return Libc.open(path.toString(), Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_DIRECT | exclusive);
    } catch (KernelException e) {
      if (e.errno() == Errno.EINVAL) {
        throw new IOException(
            path + ": this file system has no direct I/O, which a store needs; use another", e);
      }
      if (e.errno() == Errno.EBUSY) {
        throw StoreInUseException.held(path);
      }
      throw e;
    }
  }

  private void startWorkers(int count) {
    for (int i = 0; i < count; i++) {
      Thread worker = new Thread(this::work, "millrace-disk-" + i);
      worker.setDaemon(true);
      worker.start();
      workers.add(worker);
    }
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    submitted.put(Kind.READ, offset, into.address(), into.byteSize(), ticket);
  }

  @Override
  public int readNow(long offset, MemorySegment into) {
    return whole(into.byteSize(), Libc.pread(fd, into.address(), into.byteSize(), offset));
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    submitted.put(Kind.WRITE, offset, from.address(), from.byteSize(), ticket);
  }

  @Override
  public void sync(long ticket) {
    submitted.put(Kind.SYNC, 0, 0, 0, ticket);
  }

  @Override
  public void drain(Completions sink) {
    ended.moveTo(drained);
    for (int i = 0; i < drained.count; i++) {
      sink.completed(drained.ticket[i], drained.errno[i]);
    }
    drained.count = 0;
  }

  /** Waits for calls under way, then gives the lock back. */
  @Override
  public void close() {
    submitted.close();
    boolean interrupted = false;
    for (Thread worker : workers) {
      interrupted |= !joined(worker);
    }
    if (!interrupted) {
      Libc.close(fd);
    }
  }

  private static boolean joined(Thread worker) {
    try {
      worker.join();
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void work() {
    // Where this is refused the daemon has said so at its start; the disk is served all the same.
    Libc.becomeIoFlusher();
    Call call = new Call();
    while (submitted.take(call)) {
      if (ended.put(call.ticket, perform(call))) {
        wake.signal();
      }
    }
  }

  private int perform(Call call) {
    return switch (call.kind) {
      case READ -> whole(call.bytes, Libc.pread(fd, call.address, call.bytes, call.offset));
      case WRITE -> whole(call.bytes, Libc.pwrite(fd, call.address, call.bytes, call.offset));
      case SYNC -> (int) -Libc.fdatasync(fd);
    };
  }

  /** Direct I/O is done whole or has failed: a short count is an error of the disk. */
  private static int whole(long bytes, long result) {
    return result == bytes ? 0 : result < 0 ? (int) -result : Errno.EIO;
  }

  @Override
  public String toString() {
    return path.toString();
  }

  /** One call on its way to the disk. */
  private static final class Call {
    Kind kind = Kind.SYNC;
    long offset;
    long address;
    long bytes;
    long ticket;
  }

  /** One producer, many consumers that wait. */
  private static final class CallRing {
    private final Call[] calls;
    private int head;
    private int count;
    private int idle;
    private boolean closed;

    CallRing(int capacity) {
      calls = new Call[capacity];
      for (int i = 0; i < capacity; i++) {
        calls[i] = new Call();
      }
    }

    synchronized void put(Kind kind, long offset, long address, long bytes, long ticket) {
      if (count == calls.length) {
        throw new IllegalStateException("more than " + calls.length + " disk calls under way");
      }
      Call call = calls[(head + count++) % calls.length];
      call.kind = kind;
      call.offset = offset;
      call.address = address;
      call.bytes = bytes;
      call.ticket = ticket;
      if (idle > 0) {
        notify();
      }
    }

    /** False when the ring is closed and empty. */
    synchronized boolean take(Call into) {
      while (count == 0 && !closed) {
        idle++;
        try {
          wait();
        } catch (InterruptedException e) {
          // Nobody interrupts these threads; going on is right if somebody does.
        } finally {
          idle--;
        }
      }
      if (count == 0) {
        return false;
      }
      Call call = calls[head];
      head = (head + 1) % calls.length;
      count--;
      into.kind = call.kind;
      into.offset = call.offset;
      into.address = call.address;
      into.bytes = call.bytes;
      into.ticket = call.ticket;
      return true;
    }

    synchronized void close() {
      closed = true;
      notifyAll();
    }
  }

  /** Ends of calls; many producers. */
  private static final class EndRing {
    final long[] ticket;
    final int[] errno;
    int count;

    EndRing(int capacity) {
      ticket = new long[capacity];
      errno = new int[capacity];
    }

    /** True when it was empty: its reader may be asleep. */
    synchronized boolean put(long endedTicket, int endedErrno) {
      ticket[count] = endedTicket;
      errno[count] = endedErrno;
      return count++ == 0;
    }

    synchronized void moveTo(EndRing other) {
      System.arraycopy(ticket, 0, other.ticket, 0, count);
      System.arraycopy(errno, 0, other.errno, 0, count);
      other.count = count;
      count = 0;
    }
  }
}
