package io.millrace.engine.daemon.meter;

/** What can be asked of the disk. */
public enum DiskCall {
  READ,
  WRITE,
  SYNC
}
