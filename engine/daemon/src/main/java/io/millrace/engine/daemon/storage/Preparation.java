package io.millrace.engine.daemon.storage;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Makes a file's space ready for a store. Space that has been written once needs no allocation and
 * no conversion of extents later, which is what makes a durable write slow on a sparse or merely
 * reserved file (measured: 3,100 against 8,000 a second).
 */
public final class Preparation {
  private static final int CHUNK_BYTES = 4 << 20;

  private Preparation() {}

  /** Sets the size of the file and leaves the space to be allocated later. */
  public static void sparse(Path path, long bytes) throws IOException {
    try (FileChannel file = FileChannel.open(path, CREATE, WRITE)) {
      if (file.size() < bytes) {
        file.write(ByteBuffer.allocate(1), bytes - 1);
      }
    }
  }

  /**
   * Writes zeros over the first {@code bytes} of a file or device.
   *
   * @param progress told the bytes written so far
   */
  public static void zero(Path path, long bytes, LongConsumer progress) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK_BYTES);
    try (FileChannel file = FileChannel.open(path, CREATE, WRITE)) {
      long at = 0;
      while (at < bytes) {
        zeros.clear().limit((int) Math.min(CHUNK_BYTES, bytes - at));
        at += file.write(zeros, at);
        progress.accept(at);
      }
      file.force(true);
    }
  }
}
