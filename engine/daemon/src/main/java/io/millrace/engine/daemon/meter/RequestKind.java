package io.millrace.engine.daemon.meter;

/** What can be asked of a volume. */
public enum RequestKind {
  READ,
  WRITE,
  FLUSH,
  /** Discards and write-zeroes. */
  ZERO
}
