package io.millrace.csi.volume;

import io.millrace.csi.volume.CsiFailure.Kind;

/**
 * What the caller says about a volume's size, and the size that follows from it.
 *
 * <p>Sizes are rounded up to 1 MiB; when that would pass the limit, to 4 KiB, the engine's block. A
 * request without any size gets 1 GiB, or its source's size.
 *
 * @param requiredBytes at least so much; 0 says nothing
 * @param limitBytes at most so much; 0 says nothing
 */
public record SizeRange(long requiredBytes, long limitBytes) {
  public static final long MEBIBYTE = 1L << 20;
  public static final long DEFAULT_BYTES = 1L << 30;
  public static final long MINIMUM_BYTES = MEBIBYTE;
  public static final long MAXIMUM_BYTES = 64L << 40;
  private static final long BLOCK_BYTES = 4096;

  public static final SizeRange ANY = new SizeRange(0, 0);

  public SizeRange {
    if (requiredBytes < 0 || limitBytes < 0) {
      throw CsiFailure.invalid(
          "capacity_range: a size is negative: " + requiredBytes + ", " + limitBytes);
    }
    if (limitBytes > 0 && limitBytes < requiredBytes) {
      throw CsiFailure.invalid(
          "capacity_range: limit_bytes "
              + limitBytes
              + " is below required_bytes "
              + requiredBytes);
    }
  }

  /** Whether an existing volume of this size satisfies the caller. */
  public boolean admits(long bytes) {
    return bytes >= requiredBytes && (limitBytes == 0 || bytes <= limitBytes);
  }

  /** The size of a new, empty volume. */
  public long sizeOfNew() {
    if (requiredBytes > 0) {
      return inRange(roundedUp(requiredBytes));
    }
    boolean limited = limitBytes > 0 && limitBytes < DEFAULT_BYTES;
    return inRange(limited ? limitBytes / BLOCK_BYTES * BLOCK_BYTES : DEFAULT_BYTES);
  }

  /** The size of a clone: never below its source, which may be of any size. */
  public long sizeOfClone(long sourceBytes) {
    if (requiredBytes == 0 || requiredBytes == sourceBytes) {
      return inRange(sourceBytes);
    }
    if (requiredBytes < sourceBytes) {
      throw new CsiFailure(
          Kind.OUT_OF_RANGE,
          "required_bytes is "
              + requiredBytes
              + ", but the source has "
              + sourceBytes
              + " bytes: a clone can't be"
              + " smaller");
    }
    return inRange(roundedUp(requiredBytes));
  }

  private long roundedUp(long bytes) {
    if (bytes > MAXIMUM_BYTES) {
      return bytes;
    }
    long size = Math.max(MINIMUM_BYTES, ceil(bytes, MEBIBYTE));
    return limitBytes > 0 && size > limitBytes ? ceil(bytes, BLOCK_BYTES) : size;
  }

  private long inRange(long bytes) {
    if (bytes < MINIMUM_BYTES || bytes > MAXIMUM_BYTES || (limitBytes > 0 && bytes > limitBytes)) {
      throw new CsiFailure(
          Kind.OUT_OF_RANGE,
          "no volume of at least "
              + requiredBytes
              + " and at most "
              + (limitBytes > 0 ? limitBytes : MAXIMUM_BYTES)
              + " bytes: sizes are multiples of 4096 from "
              + MINIMUM_BYTES
              + " to "
              + MAXIMUM_BYTES);
    }
    return bytes;
  }

  private static long ceil(long bytes, long unit) {
    return (bytes + unit - 1) / unit * unit;
  }
}
