package io.millrace.csi.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostToolsTest {
  private final HostTools tools = new HostTools(() -> Duration.ofSeconds(20));

  @Test
  void failureCarriesCommandExitCodeAndOutput() {
    var failure =
        assertThrows(
            CsiFailure.class,
            () -> tools.require(List.of("sh", "-c", "echo said; echo why >&2; exit 3")));
    assertEquals(Kind.INTERNAL, failure.kind());
    assertTrue(failure.getMessage().endsWith("failed with 3: said\nwhy"), failure.getMessage());
  }

  @Test
  void aToolThatIsMissingIsNamed() {
    var failure = assertThrows(CsiFailure.class, () -> tools.run(List.of("mkfs.nothing")));
    assertTrue(failure.getMessage().contains("mkfs.nothing"), failure.getMessage());
  }

  @Test
  void aToolIsKilledWhenTheCallersTimeIsOver() {
    var hurried = new HostTools(() -> Duration.ofMillis(200));
    var failure = assertThrows(CsiFailure.class, () -> hurried.run(List.of("sleep", "30")));
    assertEquals(Kind.DEADLINE_EXCEEDED, failure.kind());
  }

  @Test
  void aToolThatChangesADeviceIsNotKilledWhenTheCallersTimeIsOver() {
    var hurried = new HostTools(() -> Duration.ofMillis(100));
    var result = hurried.runToTheEnd(List.of("sh", "-c", "sleep 1; echo done; exit 3"));
    assertEquals(new HostTools.Result(3, "done"), result);
  }

  @Test
  void aToolIsNotEvenStartedWhenNoTimeIsLeft(@TempDir Path folder) {
    var late = new HostTools(() -> Duration.ZERO);
    Path file = folder.resolve("file");
    var failure = assertThrows(CsiFailure.class, () -> late.run(List.of("touch", file.toString())));
    assertEquals(Kind.DEADLINE_EXCEEDED, failure.kind());
    assertFalse(Files.exists(file));
  }

  @Test
  void moreOutputThanIsKeptDoesNotStopATool() {
    var result = tools.run(List.of("sh", "-c", "head -c 200000 /dev/zero | tr '\\0' x"));
    assertEquals(0, result.exitCode());
    assertEquals(16 << 10, result.output().length());
  }
}
