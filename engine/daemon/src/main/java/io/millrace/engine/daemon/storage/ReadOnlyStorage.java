package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Storage;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;

/**
 * A store's space, open for reading alone: the kernel itself would refuse a write. Locked as by a
 * daemon, so that none serves it meanwhile, unless that is wanted. Calls end at once; one thread.
 */
public final class ReadOnlyStorage implements Storage, AutoCloseable {
  private record End(long ticket, int errno) {}

  private final int fd;
  private final long sizeBytes;
  private final ArrayDeque<End> ended = new ArrayDeque<>();

  private ReadOnlyStorage(int fd, long sizeBytes) {
    this.fd = fd;
    this.sizeBytes = sizeBytes;
  }

  /** Opens and locks {@code path}. */
  public static ReadOnlyStorage open(Path path) throws IOException {
    WrongFileException.refuse(path);
    int fd = openDirect(path, Files.isRegularFile(path) ? 0 : Libc.O_EXCL);
    try {
      FileStorage.lock(path, fd);
      return new ReadOnlyStorage(fd, Libc.sizeBytes(fd, path.toString()) & -4096L);
    } catch (IOException e) {
      Libc.close(fd);
      throw e;
    }
  }

  /** Opens what a daemon serves: what is read may change at any time. */
  public static ReadOnlyStorage besideDaemon(Path path) throws IOException {
    int fd = openDirect(path, 0);
    try {
      return new ReadOnlyStorage(fd, Libc.sizeBytes(fd, path.toString()) & -4096L);
    } catch (IOException e) {
      Libc.close(fd);
      throw e;
    }
  }

  /** By direct I/O, so that it sees the disk; a copy may lie where there is none. */
  private static int openDirect(Path path, int exclusive) throws IOException {
    int flags = Libc.O_RDONLY | Libc.O_CLOEXEC | exclusive;
    try {
      return Libc.open(path.toString(), flags | Libc.O_DIRECT);
    } catch (KernelException e) {
      if (e.errno() == Errno.EBUSY) {
        throw StoreInUseException.held(path);
      }
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
      return Libc.open(path.toString(), flags);
    }
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    ended.add(new End(ticket, readNow(offset, into)));
  }

  @Override
  public int readNow(long offset, MemorySegment into) {
    long read = Libc.pread(fd, into.address(), into.byteSize(), offset);
    return read == into.byteSize() ? 0 : read < 0 ? (int) -read : Errno.EIO;
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    throw new IllegalStateException("a write to a store that is only read");
  }

  @Override
  public void sync(long ticket) {
    throw new IllegalStateException("a sync of a store that is only read");
  }

  @Override
  public void drain(Completions sink) {
    for (End end = ended.poll(); end != null; end = ended.poll()) {
      sink.completed(end.ticket, end.errno);
    }
  }

  @Override
  public void close() {
    Libc.close(fd);
  }
}
