package io.millrace.engine.core;

import java.util.UUID;

/**
 * How a store is laid out, once for all.
 *
 * @param uuid its identity for ever
 * @param segmentBytes a power of two, 64 KiB to 16 MiB
 * @param force overwrite a store that is there already
 */
public record FormatOptions(UUID uuid, int segmentBytes, boolean force) {
  /** Segments of 4 MiB; refuses a disk that holds a store. */
  public static FormatOptions of(UUID uuid) {
    return new FormatOptions(uuid, 4 << 20, false);
  }
}
