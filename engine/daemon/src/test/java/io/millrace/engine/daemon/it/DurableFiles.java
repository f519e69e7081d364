package io.millrace.engine.daemon.it;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Replaces and deletes the files of one folder until an error ends it, each time so that it is
 * durable (write, fsync, rename, fsync of the folder), and knows afterwards what must be there: of
 * each name what was done last; of the one that was in hand that, or what was before. One thread at
 * a time.
 *
 * <p>ext4 may answer the fsync that meets the end of its journal with success: a transaction that
 * was given up is gone, and one that is gone counts as committed ({@code
 * jbd2_complete_transaction}). So of ext4 the last change that was answered may be lost, too; the
 * ones before may not, for a journal that has ended begins no other. What the device itself owes is
 * the kill loop's matter.
 */
final class DurableFiles implements Runnable {
  private static final int NAMES = 24;
  private static final int BYTES_MAX = 96 << 10;
  private static final long ABSENT = 0;

  private final Path folder;
  private final Random random;
  private final boolean lastMayBeLost;
  private final long[] durable = new long[NAMES];
  private int lastName;
  private long beforeLast;
  private int inHand;
  private long intended;
  private final AtomicLong done = new AtomicLong();

  DurableFiles(Path folder, boolean lastMayBeLost, Random random) {
    this.folder = folder;
    this.lastMayBeLost = lastMayBeLost;
    this.random = random;
  }

  /** Changes that have become durable, ever. */
  long done() {
    return done.get();
  }

  @Override
  public void run() {
    try {
      Files.createDirectories(folder);
      sync(folder);
      sync(folder.resolve(".."));
      while (true) {
        change();
        done.incrementAndGet();
      }
    } catch (IOException e) {
      // The file system's device has failed: that is what the load waits for.
    }
  }

  private void change() throws IOException {
    int name = random.nextInt(NAMES);
    inHand = name;
    intended = random.nextInt(4) == 0 ? ABSENT : random.nextLong(1, Long.MAX_VALUE);
    if (intended == ABSENT) {
      Files.deleteIfExists(path(name));
    } else {
      Path fresh = folder.resolve("fresh");
      try (FileChannel file = FileChannel.open(fresh, CREATE, WRITE, TRUNCATE_EXISTING)) {
        ByteBuffer data = ByteBuffer.wrap(content(intended));
        while (data.hasRemaining()) {
          file.write(data);
        }
        file.force(true);
      }
      Files.move(fresh, path(name), StandardCopyOption.ATOMIC_MOVE);
    }
    sync(folder);
    lastName = name;
    beforeLast = durable[name];
    durable[name] = intended;
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    }
  }

  private Path path(int name) {
    return folder.resolve("file-" + name);
  }

  /** The same bytes for the same number, which stands in front of them. */
  private static byte[] content(long number) {
    Random own = new Random(number);
    byte[] bytes = new byte[Long.BYTES + own.nextInt(BYTES_MAX)];
    own.nextBytes(bytes);
    ByteBuffer.wrap(bytes).putLong(number);
    return bytes;
  }

  /** After the next mount. What is there then is what the next load begins with. */
  void verify() throws IOException {
    for (int name = 0; name < NAMES; name++) {
      long found = found(name);
      boolean was = lastMayBeLost && name == lastName && found == beforeLast;
      if (found != durable[name] && !(name == inHand && found == intended) && !was) {
        throw new AssertionError(
            "%s is %x and should be %x".formatted(path(name), found, durable[name]));
      }
      durable[name] = found;
    }
    beforeLast = durable[lastName];
  }

  private long found(int name) throws IOException {
    if (!Files.exists(path(name))) {
      return ABSENT;
    }
    byte[] bytes = Files.readAllBytes(path(name));
    long number = bytes.length < Long.BYTES ? -1 : ByteBuffer.wrap(bytes).getLong();
    if (number <= 0 || !Arrays.equals(bytes, content(number))) {
      throw new AssertionError(path(name) + " holds what nobody wrote: " + bytes.length + " bytes");
    }
    return number;
  }
}
