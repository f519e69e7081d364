package io.millrace.csi.mount;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Mounting and unmounting, and the files and folders that are mounted on. Idempotent. */
final class MountPoints {
  private static final int LAYERS_MAX = 16;

  private final HostTools tools;

  MountPoints(HostTools tools) {
    this.tools = tools;
  }

  /**
   * The path as the kernel's table has it. Only the folder above is resolved: the place itself may
   * carry a dead mount, which can't be looked at.
   */
  static Path resolved(Path path) {
    Path parent = path.getParent();
    Path name = path.getFileName();
    if (parent == null || name == null) {
      throw CsiFailure.invalid("path " + path + " is not a place to mount on");
    }
    try {
      return Files.exists(parent) ? parent.toRealPath().resolve(name) : path;
    } catch (IOException e) {
      throw failure("resolve", path, e);
    }
  }

  void makeFolder(Path point) {
    try {
      Files.createDirectories(point);
    } catch (FileAlreadyExistsException e) {
      throw failure("use as a folder", point, e);
    } catch (IOException e) {
      throw failure("create", point, e);
    }
  }

  void makeFile(Path point) {
    try {
      Path parent = point.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      if (!Files.isRegularFile(point)) {
        Files.createFile(point);
      }
    } catch (IOException e) {
      throw failure("create", point, e);
    }
  }

  void mount(String filesystem, List<String> options, Path device, Path point) {
    var command = new ArrayList<>(List.of("mount", "-t", filesystem));
    if (!options.isEmpty()) {
      command.addAll(List.of("-o", String.join(",", options)));
    }
    command.addAll(List.of(device.toString(), point.toString()));
    tools.require(command);
  }

  void bind(Path source, Path target) {
    tools.require(List.of("mount", "--bind", source.toString(), target.toString()));
  }

  void makeReadOnly(Path target) {
    tools.require(List.of("mount", "-o", "remount,bind,ro", target.toString()));
  }

  /**
   * All layers. A mount whose device is dead is taken out of the tree; the kernel drops it when
   * nobody uses it.
   */
  void unmount(Path point) {
    for (int layer = 0; layer < LAYERS_MAX && MountTable.read().at(point).isPresent(); layer++) {
      if (isDead(point)) {
        tools.require(List.of("umount", "-l", point.toString()));
      } else {
        tools.require(List.of("umount", point.toString()));
      }
    }
  }

  /** Removes the file or folder, if it is there. Never what is in it. */
  void remove(Path point) {
    try {
      Files.deleteIfExists(point);
    } catch (IOException e) {
      throw failure("remove", point, e);
    }
  }

  /** Whether what is mounted there can't be looked at any more. */
  static boolean isDead(Path point) {
    try {
      var _ = Files.readAttributes(point, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static CsiFailure failure(String verb, Path path, IOException e) {
    return new CsiFailure(Kind.INTERNAL, "can't " + verb + " " + path + ": " + e, e);
  }
}
