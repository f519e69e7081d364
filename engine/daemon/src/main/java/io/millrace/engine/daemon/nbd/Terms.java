package io.millrace.engine.daemon.nbd;

import io.millrace.engine.daemon.linux.Errno;
import java.util.List;

/**
 * What a client and the server have agreed on; and, from it alone, which requests are taken.
 *
 * @param contexts what BLOCK_STATUS tells about, in this order
 */
record Terms(Export export, ReplyStyle style, List<Context> contexts) {
  /** The allocation of a range, or, with a snapshot, what has changed since that was taken. */
  record Context(int id, String name, long sinceSnapshotId) {}

  private static final int HAS_FLAGS = 1;
  private static final int READ_ONLY = 1 << 1;
  private static final int SEND_FLUSH = 1 << 2;
  private static final int SEND_FUA = 1 << 3;
  private static final int SEND_TRIM = 1 << 5;
  private static final int SEND_WRITE_ZEROES = 1 << 6;
  private static final int SEND_DF = 1 << 7;
  private static final int CAN_MULTI_CONN = 1 << 8;
  private static final int SEND_CACHE = 1 << 10;
  private static final int SEND_FAST_ZERO = 1 << 11;
  private static final int SECTOR_BYTES = 512;

  Terms {
    contexts = List.copyOf(contexts);
  }

  /** The transmission flags of the export. */
  int transmissionFlags() {
    // Any connection's flush covers the writes of all, and a write is seen by all once answered.
    int flags = HAS_FLAGS | SEND_FLUSH | SEND_FUA | CAN_MULTI_CONN | SEND_CACHE;
    if (style != ReplyStyle.SIMPLE) {
      flags |= SEND_DF;
    }
    return flags | (export.readOnly() ? READ_ONLY : SEND_TRIM | SEND_WRITE_ZEROES | SEND_FAST_ZERO);
  }

  /** 0, or the errno with which such a request is refused. */
  int refusal(int type, int flags, long offset, long lengthBytes) {
    if ((flags & ~flagsKnown(type)) != 0 || !known(type)) {
      return Errno.EINVAL;
    }
    if (NbdWire.changes(type) && export.readOnly()) {
      return Errno.EPERM;
    }
    if (type == NbdWire.FLUSH) {
      return 0;
    }
    if (lengthBytes <= 0 || offset < 0 || (offset | lengthBytes) % SECTOR_BYTES != 0) {
      return Errno.EINVAL;
    }
    if (offset > export.sizeBytes() - lengthBytes) {
      boolean fills = type == NbdWire.WRITE || type == NbdWire.WRITE_ZEROES;
      return fills ? Errno.ENOSPC : Errno.EINVAL;
    }
    boolean tooMuch =
        (type == NbdWire.READ || type == NbdWire.WRITE) && lengthBytes > NbdWire.IO_BYTES_MAX;
    boolean nothingAsked = type == NbdWire.BLOCK_STATUS && contexts.isEmpty();
    return tooMuch || nothingAsked ? Errno.EINVAL : 0;
  }

  private static boolean known(int type) {
    return switch (type) {
      case NbdWire.READ,
          NbdWire.WRITE,
          NbdWire.FLUSH,
          NbdWire.TRIM,
          NbdWire.CACHE,
          NbdWire.WRITE_ZEROES,
          NbdWire.BLOCK_STATUS ->
          true;
      default -> false;
    };
  }

  /** FUA may come with any command, and means something to those that change data. */
  private int flagsKnown(int type) {
    int payload = style == ReplyStyle.EXTENDED ? NbdWire.FLAG_PAYLOAD_LENGTH : 0;
    return NbdWire.FLAG_FUA
        | switch (type) {
          case NbdWire.READ -> style == ReplyStyle.SIMPLE ? 0 : NbdWire.FLAG_DONT_FRAGMENT;
          case NbdWire.WRITE -> payload;
          case NbdWire.WRITE_ZEROES -> NbdWire.FLAG_NO_HOLE | NbdWire.FLAG_FAST_ZERO;
          case NbdWire.BLOCK_STATUS -> NbdWire.FLAG_REQUEST_ONE;
          default -> 0;
        };
  }
}
