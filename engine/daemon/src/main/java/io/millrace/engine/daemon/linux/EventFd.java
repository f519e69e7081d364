package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.ints;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Wakes a thread that waits in {@link Epoll}. Any thread signals; the waiter clears. */
public final class EventFd implements AutoCloseable {
  private static final int EFD_CLOEXEC_NONBLOCK = 0x80000 | 0x800;

  /** int eventfd(unsigned int initval, int flags) */
  private static final MethodHandle EVENTFD = bind("eventfd", ints(JAVA_INT, JAVA_INT));

  private final int fd;
  private final MemorySegment one = Arena.global().allocate(8, 8);
  private final MemorySegment counter = Arena.global().allocate(8, 8);

  public EventFd() throws KernelException {
    one.set(ValueLayout.JAVA_LONG, 0, 1);
    try {
      MemorySegment errno = errnoSlot();
      int created = (int) EVENTFD.invokeExact(errno, 0, EFD_CLOEXEC_NONBLOCK);
      fd = (int) KernelException.check("eventfd", orErrno(created, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public int fd() {
    return fd;
  }

  public void signal() {
    // EAGAIN means that the counter is full: the waiter has a signal already.
    Libc.write(fd, one.address(), 8);
  }

  public void clear() {
    Libc.read(fd, counter.address(), 8);
  }

  @Override
  public void close() {
    Libc.close(fd);
  }
}
