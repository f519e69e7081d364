package io.millrace.engine.daemon.storage;

import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.Libc;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** The content of a disk, in a file or on a block device, to be read; holes are passed over. */
public final class RawImage implements AutoCloseable {
  private final Path path;
  private final int fd;
  private final long sizeBytes;

  private RawImage(Path path, int fd, long sizeBytes) {
    this.path = path;
    this.fd = fd;
    this.sizeBytes = sizeBytes;
  }

  public static RawImage open(Path path) throws IOException {
    int fd = Libc.open(path.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC);
    try {
      return new RawImage(path, fd, Libc.sizeBytes(fd, path.toString()));
    } catch (IOException e) {
      Libc.close(fd);
      throw e;
    }
  }

  public long sizeBytes() {
    return sizeBytes;
  }

  /** The first byte from here on that is in no hole; the size when there is none. */
  public long nextData(long from) throws IOException {
    long found = Libc.seekData(fd, from);
    if (found == -Errno.ENXIO) {
      return sizeBytes;
    }
    // A device or a file system may know no holes.
    return found < 0 ? from : Math.min(found, sizeBytes);
  }

  /** Fills {@code into}. */
  public void read(long offset, MemorySegment into) throws IOException {
    long done = 0;
    while (done < into.byteSize()) {
      long count = Libc.pread(fd, into.address() + done, into.byteSize() - done, offset + done);
      if (count < 0) {
        throw new IOException(
            "%s can't be read at byte %d: %s"
                .formatted(path, offset + done, Errno.text((int) -count)));
      }
      if (count == 0) {
        throw new IOException(path + " has become shorter while it was read");
      }
      done += count;
    }
  }

  @Override
  public void close() {
    Libc.close(fd);
  }
}
