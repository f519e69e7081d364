package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace store check} beside the real daemon, which goes on. */
final class ServedCheckIT {
  private static final String MARK = "checked-while-served-";

  @TempDir Path folder = Path.of("");

  @Test
  void aStoreUnderLoadIsCleanAndADamagedBlockIsNamedAsItIsOffline() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "256MiB")) {
      String marked = daemon.attachNew("marked", "8MiB");
      Shell.bash(
          "(yes %s || true) | dd of=%s bs=4096 count=64 iflag=fullblock conv=fsync"
              .formatted(MARK, marked));
      String loaded = daemon.attachNew("loaded", "96MiB");
      Process load = load(loaded);
      try {
        for (int i = 0; i < 3; i++) {
          String told = daemon.millrace("store", "check").ok();
          assertTrue(told.contains(" is clean: 0 damaged, 0 warnings"), told);
        }
        StoreFile.flipBitBehind(MARK, daemon.store());
        Shell.Result found = daemon.millrace("store", "check", daemon.store(), "--json");
        assertEquals(6, found.exitCode(), found.output());
        assertTrue(found.output().contains("\"damages\": 1, "), found.output());
        assertTrue(load.isAlive(), "the load has ended");
        load.destroyForcibly().waitFor();
        String served = findings(found);
        assertTrue(served.contains("\"seen_by\": \"volume marked\""), served);
        assertEquals(0, daemon.terminate(), daemon.logText());
        assertEquals(served, findings(daemon.millrace("store", "check", daemon.store(), "--json")));
      } finally {
        load.destroyForcibly();
      }
    }
  }

  private static Process load(String device) throws Exception {
    return new ProcessBuilder(
            "bash",
            "-c",
            "while true; do dd if=/dev/urandom of=%s bs=64k count=600 oflag=direct conv=fsync; done"
                .formatted(device))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static String findings(Shell.Result checked) {
    return checked.output().replaceFirst("(?s).*\"findings\":", "");
  }

  @Test
  void whatAnotherProgramHoldsIsInUseAndNotChecked() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "256MiB")) {
      Path other = folder.resolve("other");
      Tool.run("store", "format", other.toString(), "--size", "256MiB", "--sparse").ok();
      Process holder =
          new ProcessBuilder("flock", "-x", other.toString(), "sleep", "60").inheritIO().start();
      try {
        Shell.bash(
            "for i in $(seq 100); do flock -n %s true || exit 0; sleep 0.1; done; exit 1"
                .formatted(other));
        Shell.Result busy = daemon.millrace("store", "check", other.toString());
        assertEquals(4, busy.exitCode(), busy.output());
        assertTrue(busy.output().contains("in use by another process"), busy.output());
        Shell.Result nobody =
            Tool.run("store", "check", daemon.store(), "--socket", "/nonexistent/sock");
        assertEquals(4, nobody.exitCode(), nobody.output());
      } finally {
        holder.descendants().forEach(ProcessHandle::destroyForcibly);
        holder.destroyForcibly();
      }
    }
  }
}
