package io.millrace.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The loop devices of the machine, as sysfs tells of them. */
final class LoopDevices {
  private LoopDevices() {}

  /** How many are backed by a volume of the engine, or stacked on a volume by the kubelet. */
  static long ours() throws IOException {
    long count = 0;
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      for (Path device : devices) {
        if (isOurs(device.resolve("loop/backing_file"))) {
          count++;
        }
      }
    }
    return count;
  }

  private static boolean isOurs(Path backing) throws IOException {
    if (!Files.exists(backing)) {
      return false;
    }
    String file = Files.readString(backing, StandardCharsets.UTF_8);
    return file.contains("csi.millrace.io")
        || file.strip().matches("/millrace-[0-9a-f-]{36}-[0-9a-f]{16}( \\(deleted\\))?");
  }
}
