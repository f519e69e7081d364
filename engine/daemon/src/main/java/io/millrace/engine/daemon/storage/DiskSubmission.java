package io.millrace.engine.daemon.storage;

/** How calls get to the disk. */
public enum DiskSubmission {
  /** By io_uring where the kernel has it, else by threads. */
  AUTO,
  /** By one ring of the kernel, many at a time. */
  IO_URING,
  /** By threads that wait for one call each. */
  THREADS;

  /** As in options and messages. */
  @Override
  public String toString() {
    return switch (this) {
      case AUTO -> "auto";
      case IO_URING -> "io_uring";
      case THREADS -> "threads";
    };
  }
}
