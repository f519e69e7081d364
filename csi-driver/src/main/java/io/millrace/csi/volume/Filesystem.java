package io.millrace.csi.volume;

import java.util.Locale;
import java.util.Optional;

/** The filesystems that the node plugin makes, mounts and grows. */
public enum Filesystem {
  EXT4(SizeRange.MINIMUM_BYTES),
  /** mkfs.xfs refuses less than 300 MiB. */
  XFS(300 * SizeRange.MEBIBYTE);

  private final long minimumBytes;

  Filesystem(long minimumBytes) {
    this.minimumBytes = minimumBytes;
  }

  /** By the name that mount(8) and blkid(8) use; empty for one that we don't know. */
  public static Optional<Filesystem> named(String name) {
    for (Filesystem each : values()) {
      if (each.text().equals(name)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public long minimumBytes() {
    return minimumBytes;
  }
}
