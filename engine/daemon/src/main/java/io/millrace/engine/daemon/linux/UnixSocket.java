package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.ints;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Stream sockets of this machine as plain descriptors. Any thread.
 *
 * <pre>
 * struct sockaddr_un { uint16_t family; char path[108]; }
 * </pre>
 */
public final class UnixSocket {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int PATH_BYTES = 108;
  private static final int ADDRESS_BYTES = 2 + PATH_BYTES;
  private static final int BACKLOG = 128;
  private static final int SHUT_WR = 1;
  private static final int SHUT_RDWR = 2;
  private static final int F_SETFL = 4;

  /** int socket(int domain, int type, int protocol) */
  private static final MethodHandle SOCKET = bind("socket", ints(JAVA_INT, JAVA_INT, JAVA_INT));

  /** int socketpair(int domain, int type, int protocol, int sv[2]) */
  private static final MethodHandle SOCKETPAIR =
      bind("socketpair", ints(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));

  /** int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen) */
  private static final MethodHandle BIND = bind("bind", ints(JAVA_INT, JAVA_LONG, JAVA_INT));

  /** int listen(int sockfd, int backlog) */
  private static final MethodHandle LISTEN = bind("listen", ints(JAVA_INT, JAVA_INT));

  /** int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags) */
  private static final MethodHandle ACCEPT =
      bind("accept4", ints(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

  /** int shutdown(int sockfd, int how) */
  private static final MethodHandle SHUTDOWN = bind("shutdown", ints(JAVA_INT, JAVA_INT));

  /** int fcntl(int fd, int cmd, ...) */
  private static final MethodHandle FCNTL = bind("fcntl", ints(JAVA_INT, JAVA_INT, JAVA_INT), 2);

  private UnixSocket() {}

  /** A socket with this path in the file system that nobody can connect to yet; non-blocking. */
  public static int bound(String path) throws KernelException {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    if (name.length >= PATH_BYTES) {
      throw new KernelException("bind " + path + " (longer than 107 bytes)", Errno.EINVAL);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errnoSlot();
      int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
      int made = (int) SOCKET.invokeExact(errno, AF_UNIX, type, 0);
      int fd = (int) KernelException.check("socket", orErrno(made, errno));
      MemorySegment address = arena.allocate(ADDRESS_BYTES, 8);
      address.set(JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
      int result = (int) BIND.invokeExact(errno, fd, address.address(), ADDRESS_BYTES);
      long outcome = orErrno(result, errno);
      if (outcome < 0) {
        Libc.close(fd);
      }
      KernelException.check("bind " + path, outcome);
      return fd;
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** From now on others can connect. */
  public static void listen(int fd) throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      KernelException.check("listen", orErrno((int) LISTEN.invokeExact(errno, fd, BACKLOG), errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** The descriptor of a new connection, non-blocking; or a negative errno. */
  public static long accept(int listener) {
    try {
      MemorySegment errno = errnoSlot();
      int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
      return orErrno((int) ACCEPT.invokeExact(errno, listener, 0L, 0L, flags), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Two ends of a connection, both blocking. */
  public static int[] pair() throws KernelException {
    return pair(SOCK_STREAM | SOCK_CLOEXEC);
  }

  /** Two ends of a connection of that type, with its flags. */
  static int[] pair(int type) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(JAVA_INT, 2);
      MemorySegment errno = errnoSlot();
      int result = (int) SOCKETPAIR.invokeExact(errno, AF_UNIX, type, 0, ends.address());
      KernelException.check("socketpair", orErrno(result, errno));
      return ends.toArray(JAVA_INT);
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Makes reads and writes return at once. */
  public static void unblock(int fd) throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      int result = (int) FCNTL.invokeExact(errno, fd, F_SETFL, SOCK_NONBLOCK);
      KernelException.check("fcntl", orErrno(result, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Ends the connection both ways, whoever waits for it; the descriptor stays. */
  public static void shutdown(int fd) {
    shutdown(fd, SHUT_RDWR);
  }

  /** The other end is told that nothing more comes from here. */
  public static void endOutput(int fd) {
    shutdown(fd, SHUT_WR);
  }

  private static void shutdown(int fd, int how) {
    try {
      // It fails only when the other end is gone already.
      int _ = (int) SHUTDOWN.invokeExact(errnoSlot(), fd, how);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }
}
