package io.millrace.engine.daemon.storage;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file in the making, with holes where there are only zeros. It has another name until it is
 * whole, so that a crash or a full disk leaves nothing that looks made.
 */
public final class SparseFile implements AutoCloseable {
  private static final int BLOCK_BYTES = 4096;

  private final Path path;
  private final Path scratch;
  private final FileChannel channel;
  private long dataBytes;

  private SparseFile(Path path, Path scratch, FileChannel channel) {
    this.path = path;
    this.scratch = scratch;
    this.channel = channel;
  }

  /** Begins a file of this size. */
  public static SparseFile create(Path path, long sizeBytes) throws IOException {
    Path scratch = path.resolveSibling(path.getFileName() + ".partial");
    Files.deleteIfExists(scratch);
    FileChannel channel = FileChannel.open(scratch, CREATE_NEW, WRITE);
    SparseFile file = new SparseFile(path, scratch, channel);
    try {
      scratch.toFile().deleteOnExit();
      file.size(sizeBytes);
      return file;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private void size(long sizeBytes) throws IOException {
    if (sizeBytes > 0) {
      channel.write(ByteBuffer.allocate(1), sizeBytes - 1);
    }
  }

  /** Writes what is not zeros, in whole blocks. */
  public void write(long offset, MemorySegment data) throws IOException {
    long bytes = data.byteSize();
    long at = 0;
    while (at < bytes) {
      long from = at;
      while (at < bytes && !isZero(data, at)) {
        at = Math.min(bytes, at + BLOCK_BYTES);
      }
      if (at > from) {
        writeAll(data.asSlice(from, at - from).asByteBuffer(), offset + from);
        dataBytes += at - from;
      } else {
        at = Math.min(bytes, at + BLOCK_BYTES);
      }
    }
  }

  /** Bytes written so far. */
  public long dataBytes() {
    return dataBytes;
  }

  /** It is whole: durable, and under its name, where it takes the place of another. */
  public void finish() throws IOException {
    channel.force(true);
    channel.close();
    Files.move(scratch, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static boolean isZero(MemorySegment data, long at) {
    long end = Math.min(data.byteSize(), at + BLOCK_BYTES);
    MemorySegment zeros = MemorySegment.ofArray(new byte[(int) (end - at)]);
    return MemorySegment.mismatch(data, at, end, zeros, 0, end - at) < 0;
  }

  private void writeAll(ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** Removes what was not finished. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(scratch);
  }
}
