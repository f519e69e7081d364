package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace} as it is installed: a program with a heap of its own and two outputs. */
final class ToolIT {
  @TempDir Path folder = Path.of("");

  private void started(int exitCode, String... arguments) throws Exception {
    int ended =
        Program.MILLRACE
            .command(arguments)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile())
            .start()
            .waitFor();
    assertEquals(exitCode, ended, out() + err());
  }

  private String out() throws Exception {
    return Files.readString(folder.resolve("out"));
  }

  private String err() throws Exception {
    return Files.readString(folder.resolve("err"));
  }

  @Test
  void whatWasAskedForStandsOnOneOutputAndWhatWentWrongOnTheOther() throws Exception {
    try (Daemon daemon = Daemon.started(folder, "256MiB")) {
      String socket = daemon.socket();
      started(0, "volume", "create", "v", "--size", "1MiB", "-o", "json", "--socket", socket);
      assertTrue(out().contains("\"name\": \"v\""), out());
      assertEquals("", err());
      started(3, "volume", "delete", "none", "--socket", socket);
      assertEquals("", out());
      assertEquals("millrace: no volume none\n", err());
      started(2, "volume", "create", "w", "--socket", socket);
      assertTrue(err().contains("Usage: millrace volume create"), err());
    }
  }

  @Test
  void itsSmallHeapIsEnoughForWhatReadsAWholeStore() throws Exception {
    String store = folder.resolve("store").toString();
    Path image = folder.resolve("image");
    Path exported = folder.resolve("exported");
    Shell.bash("head -c 128M /dev/urandom > " + image);
    started(0, "store", "format", store, "--size", "512MiB", "--sparse");
    String staging = folder.toString();
    started(
        0,
        "store",
        "import",
        image.toString(),
        "v",
        "--store",
        store,
        "--format",
        "raw",
        "--staging-dir",
        staging);
    started(0, "store", "check", store);
    started(0, "store", "dump", store);
    assertFalse(out().isEmpty());
    started(0, "store", "rebuild", store, "--staging-dir", staging, "--dry-run");
    started(0, "store", "export", "v", exported.toString(), "--store", store);
    assertEquals(-1, Files.mismatch(image, exported));
  }
}
