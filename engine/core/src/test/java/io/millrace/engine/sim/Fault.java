package io.millrace.engine.sim;

/**
 * Something that a disk does to one of the calls to come.
 *
 * @param afterCalls how many calls of that kind are spared first
 */
record Fault(Kind kind, int afterCalls) {
  enum Kind {
    READ_ERROR,
    WRITE_ERROR,
    SYNC_ERROR,
    /** The write says that it is done, and is nowhere. */
    LOST_WRITE,
    /** The write says that it is done, and is at another aligned place. */
    MISDIRECTED_WRITE;

    /** Whether the disk lies: to be detected, where an error is to be survived. */
    boolean corrupts() {
      return this == LOST_WRITE || this == MISDIRECTED_WRITE;
    }
  }

  Fault oneCallLater() {
    return new Fault(kind, afterCalls - 1);
  }
}
