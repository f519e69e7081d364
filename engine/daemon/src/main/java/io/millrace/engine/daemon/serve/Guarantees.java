package io.millrace.engine.daemon.serve;

import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.Libc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What keeps a block server from waiting for memory that only it can free: asked of the kernel at
 * the start; what is refused is reported, with what it costs.
 */
final class Guarantees {
  private Guarantees() {}

  /** Asks for each; gives what this process must do without. */
  static List<String> claim() {
    List<String> missing = new ArrayList<>();
    long flusher = Libc.becomeIoFlusher();
    if (flusher < 0) {
      missing.add(refused("PR_SET_IO_FLUSHER", flusher, "may deadlock when memory runs out"));
    }
    long locked = Libc.lockTouchedPages();
    if (locked < 0) {
      missing.add(refused("mlockall", locked, "its memory may be swapped out"));
    }
    try {
      Files.writeString(Path.of("/proc/self/oom_score_adj"), "-999");
    } catch (IOException e) {
      missing.add("oom_score_adj -999 refused: the kernel may kill it when memory runs out");
    }
    return missing;
  }

  static String refused(String what, long result, String consequence) {
    return what + " refused, " + Errno.text((int) -result) + ": " + consequence;
  }
}
