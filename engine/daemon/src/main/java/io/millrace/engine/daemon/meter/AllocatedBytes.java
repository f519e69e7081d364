package io.millrace.engine.daemon.meter;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import org.jspecify.annotations.Nullable;

/**
 * What threads have allocated on the Java heap since they started, as the virtual machine counts
 * it. The threads of the data path should not, once they are warm. Any thread.
 */
public final class AllocatedBytes {
  private AllocatedBytes() {}

  /** Of all threads whose names begin so; 0 where the virtual machine does not count. */
  public static long ofThreads(String namePrefix) {
    if (!(ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads)) {
      return 0;
    }
    long bytes = 0;
    for (@Nullable ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().startsWith(namePrefix)) {
        bytes += Math.max(0, threads.getThreadAllocatedBytes(thread.getThreadId()));
      }
    }
    return bytes;
  }
}
