package io.millrace.engine.daemon.attach;

import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.linux.Loop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * One bound loop device.
 *
 * <p>Not for the reactor thread: binding and unbinding wait for requests that the reactor answers.
 * Nothing here keeps the device open, so that the end of the daemon never has to wait for it.
 *
 * @param name what the device carries as lo_file_name: tells whose it is after a crash
 */
public record LoopDevice(int number, String name) {
  private static final int BIND_ATTEMPTS_MAX = 64;
  private static final Duration UNBIND_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration UNBIND_RECHECK = Duration.ofMillis(10);

  public String path() {
    return "/dev/loop" + number;
  }

  /**
   * Binds a free device to a file, with direct I/O.
   *
   * @param preferred tried first
   */
  static LoopDevice bind(Loop.Config config, OptionalInt preferred) throws IOException {
    if (preferred.isPresent()) {
      Loop.add(preferred.getAsInt());
      LoopDevice device = new LoopDevice(preferred.getAsInt(), config.name());
      if (device.tryBind(config)) {
        return device;
      }
    }
    for (int attempt = 0; attempt < BIND_ATTEMPTS_MAX; attempt++) {
      LoopDevice device = new LoopDevice(Loop.freeNumber(), config.name());
      if (device.tryBind(config)) {
        return device;
      }
    }
    throw new IOException("no loop device stayed free in " + BIND_ATTEMPTS_MAX + " attempts");
  }

  private boolean tryBind(Loop.Config config) throws IOException {
    // Opened for reading only, the device would become read-only.
    int fd = Libc.open(path(), Libc.O_RDWR | Libc.O_CLOEXEC);
    try {
      Loop.configure(fd, config);
      checkDirectIo(fd);
      return true;
    } catch (KernelException e) {
      if (e.errno() == Errno.EBUSY) {
        return false;
      }
      throw e;
    } finally {
      Libc.close(fd);
    }
  }

  /** The kernel drops the flag silently; buffered, it would acknowledge what nobody has. */
  private void checkDirectIo(int fd) throws IOException {
    if (!Loop.status(fd).directIo()) {
      Loop.clear(fd);
      throw new IOException(path() + ": this kernel refused direct I/O on the volume's file");
    }
  }

  /** Writes back what the page cache holds, and unbinds; false, and still bound, when in use. */
  boolean unbind() throws IOException {
    int fd;
    try {
      fd = open();
    } catch (KernelException e) {
      if (e.errno() == Errno.ENXIO || e.errno() == Errno.ENOENT) {
        return true;
      }
      throw e;
    }
    try {
      if (!isOurs(fd)) {
        return true;
      }
      if (isClaimed()) {
        return false;
      }
      Libc.fsync(fd, path());
      Loop.clear(fd);
    } finally {
      Libc.close(fd);
    }
    return awaitUnbound() || !takeBack();
  }

  /** Unbinds a device whose daemon is dead: now, or when its last user closes it. */
  void abandon() throws IOException {
    int fd = open();
    try {
      Loop.clear(fd);
    } catch (KernelException e) {
      if (e.errno() != Errno.ENXIO) {
        throw e;
      }
    } finally {
      Libc.close(fd);
    }
  }

  void refreshSize() throws IOException {
    int fd = open();
    try {
      Loop.refreshSize(fd);
    } finally {
      Libc.close(fd);
    }
  }

  /** Whether a mounted file system, or another driver, has the device for itself. */
  private boolean isClaimed() throws IOException {
    try {
      Libc.close(Libc.open(path(), Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_EXCL));
      return false;
    } catch (KernelException e) {
      if (e.errno() == Errno.EBUSY) {
        return true;
      }
      throw e;
    }
  }

  private boolean awaitUnbound() throws IOException {
    // The kernel has no event for this; udev may hold the device open for a moment.
    long deadline = System.nanoTime() + UNBIND_TIMEOUT.toNanos();
    while (isBound()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      pause();
    }
    return true;
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(UNBIND_RECHECK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a loop device was being released", e);
    }
  }

  private boolean isBound() {
    return Files.exists(Path.of("/sys/block/loop" + number + "/loop/backing_file"));
  }

  /** Undoes the request to unbind; false when the last user has gone meanwhile. */
  private boolean takeBack() throws IOException {
    int fd = open();
    try {
      Loop.keep(fd);
      return true;
    } catch (KernelException e) {
      if (e.errno() == Errno.ENXIO) {
        return false;
      }
      throw e;
    } finally {
      Libc.close(fd);
    }
  }

  private boolean isOurs(int fd) throws IOException {
    try {
      return Loop.status(fd).name().equals(name);
    } catch (KernelException e) {
      if (e.errno() == Errno.ENXIO) {
        return false;
      }
      throw e;
    }
  }

  private int open() throws KernelException {
    return Libc.open(path(), Libc.O_RDONLY | Libc.O_CLOEXEC);
  }

  /** Every bound device of this machine whose name begins so. */
  static List<LoopDevice> bound(String namePrefix) throws IOException {
    List<LoopDevice> found = new ArrayList<>();
    try (Stream<Path> blocks = Files.list(Path.of("/sys/block"))) {
      for (Path block : blocks.toList()) {
        String device = block.getFileName().toString();
        if (device.matches("loop[0-9]+") && Files.exists(block.resolve("loop/backing_file"))) {
          addIfNamed(found, Integer.parseInt(device.substring(4)), namePrefix);
        }
      }
    }
    return found;
  }

  private static void addIfNamed(List<LoopDevice> found, int number, String namePrefix)
      throws IOException {
    int fd;
    try {
      fd = new LoopDevice(number, namePrefix).open();
    } catch (KernelException e) {
      // It went away between the listing and now, or has no node in this container.
      return;
    }
    try {
      String name = Loop.status(fd).name();
      if (name.startsWith(namePrefix)) {
        found.add(new LoopDevice(number, name));
      }
    } catch (KernelException e) {
      if (e.errno() != Errno.ENXIO) {
        throw e;
      }
    } finally {
      Libc.close(fd);
    }
  }
}
