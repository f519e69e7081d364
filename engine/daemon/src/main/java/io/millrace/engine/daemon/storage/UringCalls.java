package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Storage.Completions;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Uring;

/**
 * Calls of a disk by the kernel's io_uring: those of one turn of the owner go in by one system
 * call, and no other thread has a part in them.
 *
 * <p>The ring knows only how many bytes were done, so what was asked for is kept by the call's
 * place in an array, which is also what the kernel gives back.
 */
final class UringCalls implements DiskCalls {
  private static final int SUBMISSIONS = 256;

  private final int fd;
  private final Uring ring;
  private final long[] ticket = new long[CALLS_MAX];
  private final long[] bytes = new long[CALLS_MAX];
  private final int[] free = new int[CALLS_MAX];
  private int freeCount = CALLS_MAX;

  UringCalls(int fd, EventFd wake) throws KernelException {
    this.fd = fd;
    ring = new Uring(SUBMISSIONS, CALLS_MAX, wake);
    for (int i = 0; i < CALLS_MAX; i++) {
      free[i] = CALLS_MAX - 1 - i;
    }
  }

  @Override
  public void read(long offset, long address, long length, long callTicket) {
    ring.read(fd, address, (int) length, offset, take(callTicket, length));
  }

  @Override
  public void write(long offset, long address, long length, long callTicket) {
    ring.write(fd, address, (int) length, offset, take(callTicket, length));
  }

  @Override
  public void sync(long callTicket) {
    ring.datasync(fd, take(callTicket, 0));
  }

  private int take(long callTicket, long length) {
    if (freeCount == 0) {
      throw new IllegalStateException("more than " + CALLS_MAX + " disk calls under way");
    }
    int place = free[--freeCount];
    ticket[place] = callTicket;
    bytes[place] = length;
    return place;
  }

  @Override
  public void submit() {
    ring.submit();
  }

  @Override
  public void drain(Completions sink) {
    ring.submit();
    while (ring.takeEnded()) {
      int place = (int) ring.endedTicket();
      int errno = DiskCalls.errno(bytes[place], ring.endedResult());
      free[freeCount++] = place;
      sink.completed(ticket[place], errno);
    }
  }

  @Override
  public String text() {
    return DiskSubmission.IO_URING.toString();
  }

  @Override
  public boolean close() {
    ring.submit();
    while (freeCount < CALLS_MAX) {
      ring.await();
      drain((_, _) -> {});
    }
    ring.close();
    return true;
  }
}
