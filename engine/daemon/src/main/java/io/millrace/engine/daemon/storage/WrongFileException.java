package io.millrace.engine.daemon.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What was named can hold neither a store nor a disk image: it is no file and no block device. */
public final class WrongFileException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int FILE_TYPE = 0170000;
  private static final int BLOCK_DEVICE = 0060000;

  private WrongFileException(String message) {
    super(message);
  }

  /** Throws when it is there and is something else. */
  public static void refuse(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new WrongFileException(path + " is a directory, not a file or a block device");
    }
    if (Files.exists(path) && !Files.isRegularFile(path) && !isBlockDevice(path)) {
      throw new WrongFileException(path + " is neither a file nor a block device");
    }
  }

  private static boolean isBlockDevice(Path path) throws IOException {
    return ((int) Files.getAttribute(path, "unix:mode") & FILE_TYPE) == BLOCK_DEVICE;
  }
}
