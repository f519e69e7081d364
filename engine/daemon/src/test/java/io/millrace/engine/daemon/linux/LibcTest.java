package io.millrace.engine.daemon.linux;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class LibcTest {
  private static final int ATTEMPTS = 200;

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }

  @Test
  void memoryThatCantBeHadKeepsNoDescriptor() throws IOException {
    long before = descriptors();
    for (int i = 0; i < ATTEMPTS; i++) {
      assertThrows(KernelException.class, () -> Libc.mapShared("test", 1L << 60));
    }
    long kept = descriptors() - before;
    assertTrue(kept < ATTEMPTS / 2, kept + " are open");
  }
}
