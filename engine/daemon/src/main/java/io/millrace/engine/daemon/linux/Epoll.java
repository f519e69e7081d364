package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.ints;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Waits for many descriptors, edge-triggered. One thread waits; any thread may add or remove.
 *
 * <pre>
 * struct epoll_event { uint32_t events; uint64_t data; }   packed (12 bytes) on x86-64, else 16
 * </pre>
 */
public final class Epoll implements AutoCloseable {
  private static final int EPOLL_CLOEXEC = 0x80000;
  private static final int EPOLL_CTL_ADD = 1;
  private static final int EPOLL_CTL_DEL = 2;
  private static final int EPOLL_CTL_MOD = 3;
  private static final int EPOLLIN = 1;
  private static final int EPOLLOUT = 4;
  private static final int EPOLLET = 1 << 31;
  private static final boolean PACKED = System.getProperty("os.arch", "").matches("amd64|x86_64");
  private static final int EVENT_BYTES = PACKED ? 12 : 16;
  private static final int DATA_OFFSET = PACKED ? 4 : 8;
  private static final int EVENTS_MAX = 64;
  private static final ValueLayout.OfLong DATA = ValueLayout.JAVA_LONG_UNALIGNED;

  /** int epoll_create1(int flags) */
  private static final MethodHandle CREATE = bind("epoll_create1", ints(JAVA_INT));

  /** int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event) */
  private static final MethodHandle CTL =
      bind("epoll_ctl", ints(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));

  /** int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout_ms) */
  private static final MethodHandle WAIT =
      bind("epoll_wait", ints(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));

  private final int fd;
  private final MemorySegment events = Arena.global().allocate((long) EVENT_BYTES * EVENTS_MAX, 8);

  public Epoll() throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      int created = (int) CREATE.invokeExact(errno, EPOLL_CLOEXEC);
      fd = (int) KernelException.check("epoll_create1", orErrno(created, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Reports {@code key} each time {@code watched} becomes readable. */
  public void add(int watched, long key) throws KernelException {
    control(EPOLL_CTL_ADD, watched, EPOLLIN, key);
  }

  /** Reports {@code key} also when {@code watched} can be written to again, or no longer so. */
  public void alsoWritable(int watched, long key, boolean also) throws KernelException {
    control(EPOLL_CTL_MOD, watched, also ? EPOLLIN | EPOLLOUT : EPOLLIN, key);
  }

  private void control(int operation, int watched, int events, long key) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(EVENT_BYTES, 8);
      event.set(ValueLayout.JAVA_INT_UNALIGNED, 0, events | EPOLLET);
      event.set(DATA, DATA_OFFSET, key);
      MemorySegment errno = errnoSlot();
      int result = (int) CTL.invokeExact(errno, fd, operation, watched, event.address());
      KernelException.check("epoll_ctl", orErrno(result, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public void remove(int watched) {
    try {
      // The kernel forgets a descriptor by itself when it is closed: a failure here changes
      // nothing.
      int _ = (int) CTL.invokeExact(errnoSlot(), fd, EPOLL_CTL_DEL, watched, 0L);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Waits up to {@code timeoutMillis} (-1: for ever).
   *
   * @return how many keys {@link #key} now gives; 0 after a timeout or a signal
   */
  public int await(int timeoutMillis) {
    try {
      MemorySegment errno = errnoSlot();
      int ready = (int) WAIT.invokeExact(errno, fd, events.address(), EVENTS_MAX, timeoutMillis);
      long result = orErrno(ready, errno);
      if (result < 0 && result != -Errno.EINTR) {
        throw new IllegalStateException("epoll_wait: " + Errno.text((int) -result));
      }
      return (int) Math.max(result, 0);
    } catch (IllegalStateException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public long key(int index) {
    return events.get(DATA, (long) index * EVENT_BYTES + DATA_OFFSET);
  }

  @Override
  public void close() {
    Libc.close(fd);
  }
}
