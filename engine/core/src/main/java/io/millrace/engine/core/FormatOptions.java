package io.millrace.engine.core;

import java.util.UUID;

/**
 * How a store is laid out, once for all.
 *
 * @param uuid its identity for ever, known to everybody
 * @param secret random; by it the store tells its own headers from what guests write
 * @param segmentBytes a power of two, 64 KiB to 16 MiB
 * @param force overwrite what is there
 */
public record FormatOptions(UUID uuid, long secret, int segmentBytes, boolean force) {
  /** Segments of 4 MiB; refuses a disk that isn't blank. */
  public static FormatOptions of(UUID uuid, long secret) {
    return new FormatOptions(uuid, secret, 4 << 20, false);
  }

  /** The smallest store of such segments. */
  public long storeBytesMin() {
    return (long) Geometry.SEGMENTS_MIN * segmentBytes;
  }

  /** The same, but overwrites what is there. */
  public FormatOptions forced() {
    return new FormatOptions(uuid, secret, segmentBytes, true);
  }
}
