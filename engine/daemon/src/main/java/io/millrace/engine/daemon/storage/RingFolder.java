package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.StagingMemory;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Where a store stages writes so that they outlive this process: a file per store, named by its
 * uuid, on a file system in memory. The lock of the store is the lock of its file.
 *
 * <p>Where that can't be had, the store goes on without, and {@code weaker} is told; but a file
 * that is there and can't be used is an error, for it may hold what was answered. Owner thread of
 * the store; {@link #remove} after the store's end.
 */
public final class RingFolder implements StagingMemory {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final Path folder;
  private final UUID boot;
  private final Consumer<String> weaker;
  private Optional<Path> opened = Optional.empty();

  /**
   * Of the rings in that folder, which is made if need be.
   *
   * @param weaker told which guarantee is missing, and why
   */
  public RingFolder(Path folder, Consumer<String> weaker) throws IOException {
    this.folder = folder;
    this.weaker = weaker;
    boot = UUID.fromString(Files.readString(BOOT_ID).strip());
    Files.createDirectories(folder);
  }

  @Override
  public UUID boot() {
    return boot;
  }

  @Override
  public Given open(UUID store, long bytes) {
    Path file = folder.resolve(store + ".ring");
    boolean made = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    try {
      String type = Files.getFileStore(folder).type();
      if (!type.equals("tmpfs")) {
        return missing("%s is on %s, not on tmpfs".formatted(folder, type));
      }
      MemorySegment memory = map(file, bytes);
      opened = Optional.of(file);
      return new Given.Kept(memory);
    } catch (IOException e) {
      if (!made) {
        return new Given.Unusable(e.getMessage() + "; it may hold writes that were answered");
      }
      delete(file);
      return missing("no memory for %s (%s): %s".formatted(file, new ByteSize(bytes), e));
    }
  }

  /** All of it is there at once: a page that is missing later would be a crash. */
  private MemorySegment map(Path file, long bytes) throws KernelException {
    int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC | Libc.O_NOFOLLOW;
    int fd = Libc.open(file.toString(), flags);
    try {
      Libc.allocate(fd, bytes, file.toString());
      MemorySegment memory = Libc.mapMemory(fd, Libc.sizeBytes(fd, file.toString()));
      lock(memory);
      return memory;
    } finally {
      Libc.close(fd);
    }
  }

  private void lock(MemorySegment memory) {
    long locked = Libc.mlock(memory);
    if (locked < 0) {
      weaker.accept("mlock of staging refused, " + Errno.text((int) -locked) + ": may be swapped");
    }
  }

  private Given missing(String why) {
    weaker.accept("a kill of millraced loses what was answered and not flushed: " + why);
    return new Given.Nothing();
  }

  /** After an orderly end: the store's ring is empty, and its memory can go. */
  public void remove() {
    opened.ifPresent(this::delete);
  }

  private void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It stays, empty, and serves the next opening.
      weaker.accept("the staging file can't be removed: " + e.getMessage());
    }
  }
}
