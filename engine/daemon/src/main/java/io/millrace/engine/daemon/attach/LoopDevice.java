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
 * <p>For a {@link DeviceThread}: binding and unbinding wait for requests that the reactor answers.
 * Nothing here keeps the device open, so that the end of the daemon never has to wait for it.
 *
 * @param fileName name of the backing file: tells whose the device is, also after a crash
 */
public record LoopDevice(int number, String fileName) {
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
  static LoopDevice bind(Loop.Config config, String fileName, OptionalInt preferred)
      throws IOException {
    if (preferred.isPresent()) {
      Loop.add(preferred.getAsInt());
      LoopDevice device = new LoopDevice(preferred.getAsInt(), fileName);
      if (device.tryBind(config)) {
        return device;
      }
    }
    for (int attempt = 0; attempt < BIND_ATTEMPTS_MAX; attempt++) {
      LoopDevice device = new LoopDevice(Loop.freeNumber(), fileName);
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
    if (!isOurs()) {
      return true;
    }
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
    while (isOurs()) {
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

  /** Still the one that was bound, and not another program's by now. */
  private boolean isOurs() {
    return backingFileName(backingFile()).equals(fileName);
  }

  private Path backingFile() {
    return Path.of("/sys/block/loop" + number + "/loop/backing_file");
  }

  private int open() throws KernelException {
    return Libc.open(path(), Libc.O_RDONLY | Libc.O_CLOEXEC);
  }

  /**
   * Every device of this machine that is bound to a file whose name begins so. Asked of sysfs,
   * because a device whose daemon is dead tells nothing any more, and to open one can hang.
   */
  static List<LoopDevice> bound(String fileNamePrefix) throws IOException {
    List<LoopDevice> found = new ArrayList<>();
    try (Stream<Path> blocks = Files.list(Path.of("/sys/block"))) {
      for (Path block : blocks.toList()) {
        String device = block.getFileName().toString();
        if (device.matches("loop[0-9]+")) {
          String file = backingFileName(block.resolve("loop/backing_file"));
          if (file.startsWith(fileNamePrefix)) {
            found.add(new LoopDevice(Integer.parseInt(device.substring(4)), file));
          }
        }
      }
    }
    return found;
  }

  private static String backingFileName(Path attribute) {
    try {
      String path = Files.readString(attribute).strip();
      return path.substring(path.lastIndexOf('/') + 1);
    } catch (IOException e) {
      // Not bound, or not any more.
      return "";
    }
  }
}
