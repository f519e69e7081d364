package io.millrace.engine.daemon.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The kernel's list of loop devices. Asking it is quicker than a command line in Java. */
final class LoopDevices {
  private LoopDevices() {}

  /** What stands behind a device: it names store and volume. */
  static String backing(String device) throws IOException {
    return Files.readString(file(Path.of(device.replace("/dev/", "/sys/block/"))));
  }

  /** The device that this stands behind now. */
  static String device(String backing) throws IOException {
    return find(backing).orElseThrow(() -> new AssertionError("not attached again: " + backing));
  }

  static boolean isBound(String backing) throws IOException {
    return find(backing).isPresent();
  }

  private static Optional<String> find(String backing) throws IOException {
    try (Stream<Path> blocks = Files.list(Path.of("/sys/block"))) {
      for (Path block : blocks.toList()) {
        if (isBehind(block, backing)) {
          return Optional.of("/dev/" + block.getFileName());
        }
      }
    }
    return Optional.empty();
  }

  /** Others bind and unbind devices of their own meanwhile. */
  private static boolean isBehind(Path block, String backing) {
    try {
      return Files.readString(file(block)).equals(backing);
    } catch (IOException e) {
      return false;
    }
  }

  private static Path file(Path block) {
    return block.resolve("loop/backing_file");
  }
}
