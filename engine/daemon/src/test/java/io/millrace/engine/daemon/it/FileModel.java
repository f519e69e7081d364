package io.millrace.engine.daemon.it;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.Holes;
import io.millrace.engine.daemon.linux.Libc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;

/**
 * Does random things to one file, and to a copy of it in memory, and compares: writes, holes,
 * zeroed ranges, truncations, by calls, by direct I/O past the page cache, and if so wished by
 * mapped memory. After fsx, the file system exerciser. One thread.
 */
final class FileModel {
  private static final int FILE_BYTES_MAX = 1 << 20;
  private static final int RANGE_BYTES_MAX = 64 << 10;
  private static final int PAGE_BYTES = 4096;
  private static final int DIRECT_BYTES_MAX = 16 * PAGE_BYTES;
  private static final int REMEMBERED = 30;

  /**
   * Where a page could not be dropped from the cache around a direct write the kernel answers a
   * later call with EIO, once for each ("Direct I/O collision with buffered writes"). An error of
   * the disk would stay.
   */
  private static final int COLLISIONS_MAX = 10;

  /** Each as often as it stands here. */
  private enum Act {
    WRITE,
    WRITE_MORE,
    WRITE_DIRECT,
    WRITE_MAPPED,
    READ_CACHED,
    READ_DIRECT,
    READ_DIRECT_MORE,
    READ_MAPPED,
    PUNCH,
    ZERO,
    SHORTEN,
    LENGTHEN,
    SYNC
  }

  private final Path file;
  private final boolean mapped;
  private final Random random;
  private final Act[] acts = Act.values();
  private final byte[] content = new byte[FILE_BYTES_MAX];
  private final Deque<String> last = new ArrayDeque<>();
  private int size;

  FileModel(Path file, boolean mapped, Random random) {
    this.file = file;
    this.mapped = mapped;
    this.random = random;
  }

  /** Opens the file, does so many things to it, and closes it. */
  void run(int steps) throws IOException {
    int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_DIRECT | Libc.O_CLOEXEC;
    int direct = Libc.open(file.toString(), flags);
    try (FileChannel cached = FileChannel.open(file, READ, WRITE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(DIRECT_BYTES_MAX, PAGE_BYTES);
      for (int i = 0; i < steps; i++) {
        step(cached, direct, buffer);
      }
    } finally {
      Libc.close(direct);
    }
  }

  /** The whole file is as it should be. */
  void verify() throws IOException {
    try (FileChannel cached = FileChannel.open(file, READ)) {
      if (cached.size() != size) {
        throw wrong("is " + cached.size() + " bytes long and should be " + size);
      }
      readCached(cached, 0, size);
    }
  }

  private void step(FileChannel cached, int direct, MemorySegment buffer) throws IOException {
    Act act = acts[random.nextInt(acts.length)];
    int at = random.nextInt(FILE_BYTES_MAX - RANGE_BYTES_MAX);
    int bytes = 1 + random.nextInt(RANGE_BYTES_MAX);
    if (last.size() == REMEMBERED) {
      last.removeFirst();
    }
    last.addLast("%s at %d, %d bytes, of %d".formatted(act, at, bytes, size));
    int there = Math.max(0, Math.min(bytes, size - at));
    switch (act) {
      case WRITE, WRITE_MORE -> write(cached, at, bytes);
      case WRITE_DIRECT -> writeDirect(direct, buffer, at);
      case WRITE_MAPPED -> writeMapped(cached, at, there);
      case READ_CACHED -> readCached(cached, at, there);
      case READ_DIRECT, READ_DIRECT_MORE -> readDirect(direct, buffer, at);
      case READ_MAPPED -> readMapped(cached, at, there);
      case PUNCH -> punch(direct, at, bytes);
      case ZERO -> zero(direct, at, bytes);
      case SHORTEN -> truncate(direct, Math.min(size, at));
      case LENGTHEN -> truncate(direct, Math.max(size, at));
      case SYNC -> sync(cached);
    }
  }

  private void fill(int at, int bytes) {
    byte[] fresh = new byte[bytes];
    random.nextBytes(fresh);
    System.arraycopy(fresh, 0, content, at, bytes);
    size = Math.max(size, at + bytes);
  }

  private void write(FileChannel cached, int at, int bytes) throws IOException {
    fill(at, bytes);
    ByteBuffer data = ByteBuffer.wrap(content, at, bytes);
    while (data.hasRemaining()) {
      cached.write(data, data.position());
    }
  }

  private void writeDirect(int direct, MemorySegment buffer, int near) {
    int at = near / PAGE_BYTES * PAGE_BYTES;
    int bytes = (1 + random.nextInt(DIRECT_BYTES_MAX / PAGE_BYTES)) * PAGE_BYTES;
    fill(at, bytes);
    MemorySegment.copy(content, at, buffer, ValueLayout.JAVA_BYTE, 0, bytes);
    long written = Libc.pwrite(direct, buffer.address(), bytes, at);
    if (written != bytes) {
      throw wrong("was written directly at %d with result %d".formatted(at, written));
    }
  }

  private void writeMapped(FileChannel cached, int at, int bytes) throws IOException {
    if (!mapped || bytes == 0) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      fill(at, bytes);
      MemorySegment memory = cached.map(FileChannel.MapMode.READ_WRITE, at, bytes, arena);
      MemorySegment.copy(content, at, memory, ValueLayout.JAVA_BYTE, 0, bytes);
    }
  }

  private void readCached(FileChannel cached, int at, int bytes) throws IOException {
    ByteBuffer found = ByteBuffer.allocate(bytes);
    while (found.hasRemaining() && cached.read(found, at + found.position()) > 0) {}
    compare("by a call", found.flip(), at, bytes);
  }

  private void readDirect(int direct, MemorySegment buffer, int near) {
    int at = near / PAGE_BYTES * PAGE_BYTES;
    int bytes = (1 + random.nextInt(DIRECT_BYTES_MAX / PAGE_BYTES)) * PAGE_BYTES;
    long read = Libc.pread(direct, buffer.address(), bytes, at);
    for (int i = 0; read == -Errno.EIO && i < COLLISIONS_MAX; i++) {
      read = Libc.pread(direct, buffer.address(), bytes, at);
    }
    if (read < 0) {
      throw wrong("was read directly at %d with result %d".formatted(at, read));
    }
    int expected = Math.max(0, Math.min(bytes, size - at));
    compare("directly", buffer.asSlice(0, read).asByteBuffer(), at, expected);
  }

  private void readMapped(FileChannel cached, int at, int bytes) throws IOException {
    if (!mapped || bytes == 0) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = cached.map(FileChannel.MapMode.READ_ONLY, at, bytes, arena);
      compare("mapped", memory.asByteBuffer(), at, bytes);
    }
  }

  private void punch(int fd, int at, int bytes) throws IOException {
    Holes.punch(fd, at, bytes);
    Arrays.fill(content, at, at + bytes, (byte) 0);
  }

  private void zero(int fd, int at, int bytes) throws IOException {
    Holes.zero(fd, at, bytes);
    Arrays.fill(content, at, at + bytes, (byte) 0);
    size = Math.max(size, at + bytes);
  }

  private void truncate(int fd, int bytes) throws IOException {
    Libc.truncate(fd, bytes, file.toString());
    if (bytes < size) {
      Arrays.fill(content, bytes, size, (byte) 0);
    }
    size = bytes;
  }

  private static void sync(FileChannel cached) throws IOException {
    for (int i = 0; ; i++) {
      try {
        cached.force(false);
        return;
      } catch (IOException collision) {
        if (i == COLLISIONS_MAX) {
          throw collision;
        }
      }
    }
  }

  private void compare(String how, ByteBuffer found, int at, int bytes) {
    if (found.remaining() != bytes) {
      throw wrong("%s gave %d of %d bytes at %d".formatted(how, found.remaining(), bytes, at));
    }
    int differs = found.mismatch(ByteBuffer.wrap(content, at, bytes));
    if (differs >= 0) {
      throw wrong("read %s differs at byte %d".formatted(how, at + differs));
    }
  }

  private AssertionError wrong(String what) {
    return new AssertionError(file + " " + what + "; before that:\n" + String.join("\n", last));
  }
}
