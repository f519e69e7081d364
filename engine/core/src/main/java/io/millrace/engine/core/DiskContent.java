package io.millrace.engine.core;

/** What a disk holds, as far as its ends tell. */
public enum DiskContent {
  /** Zeros at both ends: nobody's. */
  BLANK,
  /** A store, of this version or another; perhaps a damaged one. */
  STORE,
  /** Something of somebody else: a file system, a partition table, a member of a volume group. */
  FOREIGN,
  /** It can't be read, so nothing is known. */
  UNREADABLE
}
