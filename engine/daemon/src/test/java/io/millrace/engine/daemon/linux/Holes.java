package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.ints;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** What tests do to files and the daemon itself never does. Any thread. */
public final class Holes {
  private static final int KEEP_SIZE = 0x01;
  private static final int PUNCH_HOLE = 0x02;
  private static final int ZERO_RANGE = 0x10;

  /** int fallocate(int fd, int mode, off_t offset, off_t len) */
  private static final MethodHandle FALLOCATE =
      bind("fallocate", ints(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));

  private Holes() {}

  /** Gives a range back to the file system; it reads as zeros. */
  public static void punch(int fd, long offset, long bytes) throws KernelException {
    fallocate(fd, PUNCH_HOLE | KEEP_SIZE, offset, bytes);
  }

  /** Makes a range read as zeros; a file that ends before the range does grows. */
  public static void zero(int fd, long offset, long bytes) throws KernelException {
    fallocate(fd, ZERO_RANGE, offset, bytes);
  }

  private static void fallocate(int fd, int mode, long offset, long bytes) throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      int result = (int) FALLOCATE.invokeExact(errno, fd, mode, offset, bytes);
      KernelException.check("fallocate", orErrno(result, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }
}
