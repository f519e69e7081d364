package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.ints;
import static io.millrace.engine.daemon.linux.Downcalls.longs;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A FUSE file system that hangs in no folder: made with the mount calls of Linux 5.2, reached only
 * through its descriptor, gone when the last file of it is closed. So a crash at any line leaves no
 * mount behind, and no other namespace ever sees one.
 *
 * <p>Any thread but the one that answers the requests of the mount: {@link #openFile} waits for an
 * answer.
 */
public final class FuseMount implements AutoCloseable {
  // The same numbers on every architecture.
  private static final long SYS_FSOPEN = 430;
  private static final long SYS_FSCONFIG = 431;
  private static final long SYS_FSMOUNT = 432;

  private static final long FSOPEN_CLOEXEC = 1;
  private static final long FSCONFIG_SET_STRING = 1;
  private static final long FSCONFIG_CMD_CREATE = 6;
  private static final long FSMOUNT_CLOEXEC = 1;
  private static final long MOUNT_ATTR_NOSUID_NODEV_NOEXEC_NOATIME = 0x2 | 0x4 | 0x8 | 0x10;

  /**
   * long syscall(long number, ...) for int fsopen(const char *fsname, unsigned flags), int
   * fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux), int fsmount(int
   * fsfd, unsigned flags, unsigned attr_flags)
   */
  private static final MethodHandle SYSCALL =
      bind("syscall", longs(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG), 1);

  /** int openat(int dirfd, const char *path, int flags, mode_t mode) */
  private static final MethodHandle OPENAT =
      bind("openat", ints(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT), 3);

  private final int mountFd;

  private FuseMount(int mountFd) {
    this.mountFd = mountFd;
  }

  /** Opens /dev/fuse for a new connection; does not block on read. */
  public static int openDevice() throws KernelException {
    return Libc.open("/dev/fuse", Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NONBLOCK);
  }

  /** Makes the file system that {@code deviceFd} serves. The kernel sends INIT to it. */
  public static FuseMount create(int deviceFd) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      long context =
          call("fsopen fuse", SYS_FSOPEN, string(arena, "fuse"), FSOPEN_CLOEXEC, 0, 0, 0);
      try {
        set(arena, context, "source", "millrace");
        set(arena, context, "fd", Integer.toString(deviceFd));
        set(arena, context, "rootmode", "40000");
        set(arena, context, "user_id", "0");
        set(arena, context, "group_id", "0");
        call("fsconfig create", SYS_FSCONFIG, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
        long mount =
            call(
                "fsmount",
                SYS_FSMOUNT,
                context,
                FSMOUNT_CLOEXEC,
                MOUNT_ATTR_NOSUID_NODEV_NOEXEC_NOATIME,
                0,
                0);
        return new FuseMount((int) mount);
      } finally {
        Libc.close((int) context);
      }
    }
  }

  /** Opens a file of the root folder; waits for the server's answers. */
  public int openFile(String name, int flags) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errnoSlot();
      int fd =
          (int) OPENAT.invokeExact(errno, mountFd, string(arena, name), flags | Libc.O_CLOEXEC, 0);
      return (int) KernelException.check("open FUSE file " + name, orErrno(fd, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** The file system lives on while a file of it is open. */
  @Override
  public void close() {
    Libc.close(mountFd);
  }

  private static void set(Arena arena, long context, String key, String value)
      throws KernelException {
    call(
        "fsconfig " + key + "=" + value,
        SYS_FSCONFIG,
        context,
        FSCONFIG_SET_STRING,
        string(arena, key),
        string(arena, value),
        0);
  }

  private static long string(Arena arena, String text) {
    return arena.allocateFrom(text).address();
  }

  private static long call(String what, long number, long a, long b, long c, long d, long e)
      throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      long result = (long) SYSCALL.invokeExact(errno, number, a, b, c, d, e);
      return KernelException.check(what, orErrno(result, errno));
    } catch (KernelException refused) {
      throw refused;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }
}
