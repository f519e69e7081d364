package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Storage;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.meter.DiskMeter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A store's space in a file or on a block device, by direct I/O, locked against a second daemon. No
 * object is made per call.
 */
public final class FileStorage implements Storage, AutoCloseable {
  /** What the threads that call the disk are named, if there are any, with a number behind. */
  public static final String THREADS = "millrace-disk-";

  private static final Duration LOCK_PATIENCE = Duration.ofSeconds(2);
  private static final Duration LOCK_RECHECK = Duration.ofMillis(20);

  private final Path path;
  private final int fd;
  private final long sizeBytes;
  private final MeteredCalls calls;
  private boolean closed;

  private FileStorage(Path path, int fd, long sizeBytes, DiskCalls calls) {
    this.path = path;
    this.fd = fd;
    this.sizeBytes = sizeBytes;
    this.calls = new MeteredCalls(calls);
  }

  /**
   * Opens and locks {@code path}.
   *
   * @param wake signalled when a call has ended; belongs to the caller
   * @param threads calls that may be at the disk at once where threads make them
   */
  public static FileStorage open(Path path, EventFd wake, DiskSubmission submission, int threads)
      throws IOException {
    WrongFileException.refuse(path);
    int fd = openDirect(path);
    try {
      lock(path, fd);
      long sizeBytes = Libc.sizeBytes(fd, path.toString()) & -4096L;
      return new FileStorage(path, fd, sizeBytes, DiskCalls.of(fd, wake, submission, threads));
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

  /** Of the calls, but for those that the owner waits for. */
  public DiskMeter meter() {
    return calls.meter();
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    calls.read(offset, into.address(), into.byteSize(), ticket);
  }

  @Override
  public int readNow(long offset, MemorySegment into) {
    long bytes = into.byteSize();
    return DiskCalls.errno(bytes, Libc.pread(fd, into.address(), bytes, offset));
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    calls.write(offset, from.address(), from.byteSize(), ticket);
  }

  @Override
  public void sync(long ticket) {
    calls.sync(ticket);
  }

  @Override
  public void submit() {
    calls.submit();
  }

  @Override
  public void drain(Completions sink) {
    calls.drain(sink);
  }

  /** How its calls get to the disk. */
  public String callsText() {
    return calls.text();
  }

  /** Waits for calls under way, then gives the lock back. Once. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (calls.close()) {
        Libc.close(fd);
      }
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
