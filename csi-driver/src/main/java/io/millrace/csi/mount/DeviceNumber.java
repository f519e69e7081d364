package io.millrace.csi.mount;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The identity of a block device, as the kernel prints it: {@code major:minor}.
 *
 * <p>Names lie (a device node may be bound anywhere); numbers don't.
 */
record DeviceNumber(String text) {
  private static final int TYPE_MASK = 0170000;
  private static final int BLOCK_DEVICE = 0060000;
  private static final long SECTOR_BYTES = 512;

  /** Empty when there is nothing, or something else than a block device. */
  static Optional<DeviceNumber> of(Path node) {
    try {
      Map<String, Object> attributes = Files.readAttributes(node, "unix:mode,rdev");
      int mode = ((Number) attributes.getOrDefault("mode", 0)).intValue();
      return (mode & TYPE_MASK) == BLOCK_DEVICE
          ? Optional.of(decode(((Number) attributes.getOrDefault("rdev", 0)).longValue()))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static DeviceNumber require(Path node) {
    return of(node)
        .orElseThrow(
            () ->
                new CsiFailure(
                    Kind.INTERNAL, node + ", which the engine attached, is no block device here"));
  }

  /** Linux's dev_t: 12 bits of major at 8, 20 at 32; 8 bits of minor at 0, 12 at 20. */
  static DeviceNumber decode(long dev) {
    long major = ((dev >>> 8) & 0xfff) | ((dev >>> 32) & 0xfffff000L);
    long minor = (dev & 0xff) | ((dev >>> 12) & 0xffffff00L);
    return new DeviceNumber(major + ":" + minor);
  }

  /** The device's size, from sysfs. */
  long sizeBytes() {
    Path file = Path.of("/sys/dev/block", text, "size");
    try {
      return Long.parseLong(Files.readString(file).strip()) * SECTOR_BYTES;
    } catch (IOException e) {
      throw new CsiFailure(Kind.INTERNAL, "can't read " + file + ": " + e.getMessage(), e);
    }
  }
}
