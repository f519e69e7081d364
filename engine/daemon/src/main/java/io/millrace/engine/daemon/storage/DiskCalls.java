package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Storage.Completions;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.linux.KernelException;

/**
 * How calls get to an open disk, and their ends back; see {@link io.millrace.engine.core.Storage}.
 * One thread calls; it never has more than {@link #CALLS_MAX} calls under way.
 */
sealed interface DiskCalls permits ThreadCalls, UringCalls {
  int CALLS_MAX = 4096;

  void read(long offset, long address, long bytes, long ticket);

  void write(long offset, long address, long bytes, long ticket);

  void sync(long ticket);

  /** Begins what has been asked for. */
  void submit();

  /** Tells of every call that has ended. */
  void drain(Completions sink);

  /** Waits for calls under way; false: some still are. */
  boolean close();

  /** What they are, and why not another kind. */
  String text();

  /** Of the kind asked for; io_uring for {@link DiskSubmission#AUTO} where the kernel gives it. */
  static DiskCalls of(int fd, EventFd wake, DiskSubmission submission, int threads)
      throws KernelException {
    if (submission == DiskSubmission.THREADS) {
      return new ThreadCalls(fd, wake, threads, "");
    }
    try {
      return new UringCalls(fd, wake);
    } catch (KernelException none) {
      if (submission == DiskSubmission.IO_URING) {
        throw none;
      }
      return new ThreadCalls(fd, wake, threads, " (" + none.getMessage() + ")");
    }
  }

  /** Direct I/O is done whole or has failed: a short count is an error of the disk. */
  static int errno(long bytes, long result) {
    return result == bytes ? 0 : result < 0 ? (int) -result : Errno.EIO;
  }
}
