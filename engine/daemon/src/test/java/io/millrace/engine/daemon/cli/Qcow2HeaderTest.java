package io.millrace.engine.daemon.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.daemon.ExitCode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class Qcow2HeaderTest {
  private static final Path FILE = Path.of("disk.qcow2");

  private static ByteBuffer header() {
    return ByteBuffer.allocate(80).putInt(0, 0x514649fb).putInt(4, 3).putLong(24, 1 << 20);
  }

  @Test
  void aPlainOneIsTaken() throws CommandFailure {
    assertEquals(1 << 20, Qcow2Header.of(FILE, header()).virtualBytes());
    ByteBuffer version2 = header().putInt(4, 2).putLong(72, -1);
    assertEquals(1 << 20, Qcow2Header.of(FILE, version2).virtualBytes());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, it is no qcow2 file",
    "4, 4, qcow2 version 4 is not known",
    "12, 65536, it needs a backing file",
    "32, 1, it is encrypted",
    "76, 2, it is marked as corrupt",
    "76, 4, its data are in another file",
    "28, 0, it holds a disk of no bytes"
  })
  void whatItCannotBeTakenForIsTold(int at, int value, String reason) {
    ByteBuffer header = header().putInt(at, value);
    CommandFailure failure = assertThrows(CommandFailure.class, () -> Qcow2Header.of(FILE, header));
    assertEquals(ExitCode.USAGE, failure.exitCode());
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.startsWith("disk.qcow2: " + reason), message);
  }

  @Test
  void aShortFileIsNone() {
    assertThrows(CommandFailure.class, () -> Qcow2Header.of(FILE, header().limit(79)));
  }
}
