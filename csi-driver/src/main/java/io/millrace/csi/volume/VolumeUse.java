package io.millrace.csi.volume;

import java.util.List;

/**
 * How a volume is going to be used: what CSI calls a volume capability, as far as this driver
 * supports it.
 *
 * @param access who reads and writes
 * @param shape a raw block device or a mounted filesystem
 */
public record VolumeUse(Access access, Shape shape) {

  /** All on one node: a store is local to its node. */
  public enum Access {
    WRITER,
    READER,
    SINGLE_WRITER,
    MULTI_WRITER
  }

  /** What the workload sees. */
  public sealed interface Shape {}

  /** The device itself. */
  public record Block() implements Shape {}

  /** A filesystem on the device, mounted with these options of mount(8). */
  public record Mounted(Filesystem filesystem, List<String> options) implements Shape {
    public Mounted {
      options = List.copyOf(options);
    }
  }

  public boolean readOnly() {
    return access == Access.READER;
  }
}
