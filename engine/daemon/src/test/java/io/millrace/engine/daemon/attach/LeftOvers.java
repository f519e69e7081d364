package io.millrace.engine.daemon.attach;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Clears the loop devices of daemons that a test has left dead. */
public final class LeftOvers {
  private LeftOvers() {}

  /**
   * @param stateFolder holds a folder per store, named by its uuid
   */
  public static void clear(Path stateFolder) throws IOException {
    if (!Files.isDirectory(stateFolder)) {
      return;
    }
    List<Path> stores;
    try (Stream<Path> found = Files.list(stateFolder)) {
      stores = found.toList();
    }
    for (Path store : stores) {
      for (LoopDevice device : LoopDevice.bound("millrace-" + store.getFileName() + "-")) {
        device.abandon();
      }
    }
  }
}
