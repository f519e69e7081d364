package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.ints;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The calling thread's table of open files.
 *
 * <p>All threads of a process share one, and it lives as long as the last of them. A thread that
 * waits for a request of our own file systems would therefore keep /dev/fuse open after a kill, the
 * kernel would go on waiting for an answer, the thread for the kernel, and the process could never
 * end. With a table of its own and without /dev/fuse in it, the kill closes the connections, and
 * what the thread waits for fails.
 */
public final class FileTable {
  private static final int CLONE_FILES = 0x400;
  private static final Path OWN = Path.of("/proc/thread-self/fd");

  /** int unshare(int flags) */
  private static final MethodHandle UNSHARE = bind("unshare", ints(JAVA_INT));

  private FileTable() {}

  /**
   * Gives this thread, for the rest of its life, a copy of the table without /dev/fuse. What it
   * opens from now on is open here only.
   */
  public static void leaveFuseBehind() throws IOException {
    unshare();
    for (Path descriptor : descriptors()) {
      if (isFuse(descriptor)) {
        Libc.close(Integer.parseInt(descriptor.getFileName().toString()));
      }
    }
  }

  private static void unshare() throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      KernelException.check(
          "unshare files", orErrno((int) UNSHARE.invokeExact(errno, CLONE_FILES), errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static List<Path> descriptors() throws IOException {
    try (Stream<Path> all = Files.list(OWN)) {
      return all.toList();
    }
  }

  private static boolean isFuse(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().equals("/dev/fuse");
    } catch (IOException e) {
      // The descriptor of the listing itself, which is closed by now.
      return false;
    }
  }
}
