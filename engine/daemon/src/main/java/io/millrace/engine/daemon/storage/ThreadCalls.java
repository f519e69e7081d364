package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Storage.Completions;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.linux.Libc;
import java.util.ArrayList;
import java.util.List;

/**
 * Calls of a disk made by threads that wait for them, for kernels without io_uring.
 *
 * <p>The owner submits into a ring; a few platform threads take from it, make the blocking call,
 * and put the end into a second ring, which the owner drains when the eventfd wakes it. Both rings
 * are fixed arrays: no object is made per call.
 */
final class ThreadCalls implements DiskCalls {
  private enum Kind {
    READ,
    WRITE,
    SYNC
  }

  private final int fd;
  private final String why;
  private final EventFd wake;
  private final CallRing submitted = new CallRing(CALLS_MAX);
  private final EndRing ended = new EndRing(CALLS_MAX);
  private final EndRing drained = new EndRing(CALLS_MAX);
  private final List<Thread> workers = new ArrayList<>();

  /**
   * @param wake signalled when a call has ended
   * @param threads calls that may be at the disk at once
   * @param why it is threads
   */
  ThreadCalls(int fd, EventFd wake, int threads, String why) {
    this.fd = fd;
    this.why = why;
    this.wake = wake;
    for (int i = 0; i < threads; i++) {
      Thread worker = new Thread(this::work, FileStorage.THREADS + i);
      worker.setDaemon(true);
      worker.start();
      workers.add(worker);
    }
  }

  @Override
  public void read(long offset, long address, long bytes, long ticket) {
    submitted.put(Kind.READ, offset, address, bytes, ticket);
  }

  @Override
  public void write(long offset, long address, long bytes, long ticket) {
    submitted.put(Kind.WRITE, offset, address, bytes, ticket);
  }

  @Override
  public void sync(long ticket) {
    submitted.put(Kind.SYNC, 0, 0, 0, ticket);
  }

  /** They have begun already. */
  @Override
  public void submit() {}

  @Override
  public void drain(Completions sink) {
    ended.moveTo(drained);
    for (int i = 0; i < drained.count; i++) {
      sink.completed(drained.ticket[i], drained.errno[i]);
    }
    drained.count = 0;
  }

  @Override
  public String text() {
    return DiskSubmission.THREADS + why;
  }

  @Override
  public boolean close() {
    submitted.close();
    boolean all = true;
    for (Thread worker : workers) {
      all &= joined(worker);
    }
    return all;
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
      case READ ->
          DiskCalls.errno(call.bytes, Libc.pread(fd, call.address, call.bytes, call.offset));
      case WRITE ->
          DiskCalls.errno(call.bytes, Libc.pwrite(fd, call.address, call.bytes, call.offset));
      case SYNC -> (int) -Libc.fdatasync(fd);
    };
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
