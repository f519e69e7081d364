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
import java.lang.invoke.MethodHandle;

/** Two ends of a connection that keeps messages apart, as /dev/fuse does. Any thread. */
public final class Sockets {
  private static final int AF_UNIX = 1;

  /** SOCK_SEQPACKET, SOCK_NONBLOCK, SOCK_CLOEXEC */
  private static final int TYPE = 5 | 0x800 | 0x80000;

  /** int socketpair(int domain, int type, int protocol, int sv[2]) */
  private static final MethodHandle SOCKETPAIR =
      bind("socketpair", ints(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));

  private Sockets() {}

  /** Two descriptors. */
  public static int[] pair() throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(JAVA_INT, 2);
      MemorySegment errno = errnoSlot();
      int result = (int) SOCKETPAIR.invokeExact(errno, AF_UNIX, TYPE, 0, ends.address());
      KernelException.check("socketpair", orErrno(result, errno));
      return ends.toArray(JAVA_INT);
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }
}
