package io.millrace.engine.daemon.nbd;

import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The unix socket of the NBD server: for the daemon's user alone, in a folder for that user alone.
 */
public final class NbdSocket {
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> SOCKET =
      PosixFilePermissions.fromString("rw-------");

  private NbdSocket() {}

  /**
   * A bound socket in place of one that a dead daemon has left; nobody can connect to it yet.
   *
   * @throws IOException when something else is there, or others may enter the folder
   */
  public static int bind(Path path) throws IOException {
    Path absolute = path.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null) {
      throw new IOException("--nbd-socket " + path + " has no folder");
    }
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(FOLDER));
    }
    if (!FOLDER.containsAll(Files.getPosixFilePermissions(folder))) {
      throw new IOException(
          "--nbd-socket " + path + ": others may enter " + folder + "; chmod 0700 it first");
    }
    removeStale(absolute);
    int fd = UnixSocket.bound(absolute.toString());
    try {
      Files.setPosixFilePermissions(absolute, SOCKET);
      return fd;
    } catch (IOException e) {
      Libc.close(fd);
      throw e;
    }
  }

  private static void removeStale(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    BasicFileAttributes there =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!there.isOther()) {
      throw new IOException("--nbd-socket " + path + " is there and is no socket");
    }
    Files.delete(path);
  }
}
