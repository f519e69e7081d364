package io.millrace.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The loop devices of the machine, as sysfs tells of them. */
final class LoopDevices {
  private LoopDevices() {}

  /**
   * How many are backed by a volume of this store. Other stores' don't count: the machine may run
   * other clusters, or carry what a killed one left. What the kubelet stacks on a volume needs no
   * count of its own: it holds the volume's device open, which then stays.
   *
   * @param store the store's UUID
   */
  static long ofStore(String store) throws IOException {
    long count = 0;
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
      for (Path device : devices) {
        if (isOf(store, device.resolve("loop/backing_file"))) {
          count++;
        }
      }
    }
    return count;
  }

  private static boolean isOf(String store, Path backing) throws IOException {
    return Files.exists(backing)
        && Files.readString(backing, StandardCharsets.UTF_8).contains("/millrace-" + store + "-");
  }
}
