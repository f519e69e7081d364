package io.millrace.engine.core;

/** The Linux error numbers that the store answers with. */
public final class Errno {
  /** The volume does not exist. */
  public static final int ENOENT = 2;

  /** Damaged data, or the store has stopped. */
  public static final int EIO = 5;

  /** The store is not serving yet, or no longer. */
  public static final int ESHUTDOWN = 108;

  /** Not a multiple of 512, or beyond the end of the volume. */
  public static final int EINVAL = 22;

  /** The store is full and cleaning can't help. */
  public static final int ENOSPC = 28;

  private Errno() {}
}
