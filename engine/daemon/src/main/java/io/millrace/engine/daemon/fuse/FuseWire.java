package io.millrace.engine.daemon.fuse;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The bytes of the FUSE protocol that this server speaks (fuse_kernel.h 7.45; it runs on 7.31 and
 * newer). Native byte order, as the kernel has it; nothing here is stored.
 *
 * <pre>
 * request  | len u32 | opcode u32 | unique u64 | nodeid u64 | uid u32 | gid u32 | pid u32 | ext u16 | pad u16 |
 *          40 bytes, then by opcode
 *   INIT       | major u32 | minor u32 | max_readahead u32 | flags u32 | flags2 u32 | unused 44 |
 *   LOOKUP     | name, NUL |
 *   READ/WRITE | fh u64 | offset u64 | size u32 | flags u32 | lock_owner u64 | flags u32 | pad u32 |  (WRITE: data)
 *   FALLOCATE  | fh u64 | offset u64 | length u64 | mode u32 | pad u32 |
 * answer   | len u32 | error i32 (0 or -errno) | unique u64 |
 *          16 bytes, then by opcode
 *   INIT       | major u32 | minor u32 | max_readahead u32 | flags u32 | max_background u16 | congestion u16
 *              | max_write u32 | time_gran u32 | max_pages u16 | map_alignment u16 | flags2 u32 | unused 28 |   64 bytes
 *   GETATTR    | valid u64 | valid_nsec u32 | pad u32 | attr 88 |                                           104 bytes
 *   LOOKUP     | nodeid u64 | generation u64 | entry_valid u64 | attr_valid u64 | nsec u32 u32 | attr 88 |  128 bytes
 *   OPEN       | fh u64 | open_flags u32 | backing_id i32 |                                                  16 bytes
 *   STATFS     | blocks u64 | bfree u64 | bavail u64 | files u64 | ffree u64 | bsize u32 | namelen u32
 *              | frsize u32 | pad u32 | spare u32[6] |                                                       80 bytes
 *   WRITE      | size u32 | pad u32 |                                                                         8 bytes
 * attr     | ino u64 | size u64 | blocks u64 | atime u64 | mtime u64 | ctime u64 | atimensec u32 | mtimensec u32
 *          | ctimensec u32 | mode u32 | nlink u32 | uid u32 | gid u32 | rdev u32 | blksize u32 | flags u32 |
 * </pre>
 *
 * <p>All methods work on a buffer at a position, and make no object.
 */
final class FuseWire {
  static final int LOOKUP = 1;
  static final int FORGET = 2;
  static final int GETATTR = 3;
  static final int OPEN = 14;
  static final int READ = 15;
  static final int WRITE = 16;
  static final int STATFS = 17;
  static final int RELEASE = 18;
  static final int FSYNC = 20;
  static final int INIT = 26;
  static final int INTERRUPT = 36;
  static final int DESTROY = 38;
  static final int BATCH_FORGET = 42;
  static final int FALLOCATE = 43;

  static final int REQUEST_BYTES = 40;
  static final int ANSWER_BYTES = 16;

  /** Header and fixed part of a READ or WRITE; a WRITE's data follow. */
  static final int IO_BYTES = 80;

  private static final int FALLOCATE_BYTES = REQUEST_BYTES + 32;

  /** Up to its flags; from 7.36 on it is longer. */
  private static final int INIT_BYTES = REQUEST_BYTES + 16;

  static final int INIT_ANSWER_BYTES = 64;
  static final int ATTR_ANSWER_BYTES = 104;
  static final int ENTRY_ANSWER_BYTES = 128;
  static final int OPEN_ANSWER_BYTES = 16;
  static final int STATFS_ANSWER_BYTES = 80;
  static final int WRITE_ANSWER_BYTES = 8;

  static final int WRITE_BYTES_MAX = 1 << 20;
  static final long ROOT_NODE = 1;
  static final long FILE_NODE = 2;

  /** FALLOC_FL_KEEP_SIZE with PUNCH_HOLE: what a discard of the loop device becomes. */
  static final int MODE_DISCARD = 1 | 2;

  /** FALLOC_FL_KEEP_SIZE with ZERO_RANGE: what a zeroing of the loop device becomes. */
  static final int MODE_ZERO = 1 | 16;

  private static final int MAJOR = 7;
  private static final int MINOR_SPOKEN = 45;
  private static final int MINOR_MIN = 31;

  // INIT flags: what is asked for, if the kernel offers it.
  static final int ASYNC_READ = 1;
  static final int BIG_WRITES = 1 << 5;
  static final int ASYNC_DIO = 1 << 15;
  static final int NO_OPEN_SUPPORT = 1 << 17;
  static final int MAX_PAGES = 1 << 22;
  static final int INIT_EXT = 1 << 30;
  static final int HAS_RESEND_2 = 1 << 7;
  private static final int WANTED =
      ASYNC_READ | BIG_WRITES | ASYNC_DIO | NO_OPEN_SUPPORT | MAX_PAGES | INIT_EXT;
  private static final int PAGES_MAX = 256;

  private static final int MODE_FILE = 0100600;
  private static final int MODE_FOLDER = 0040700;
  private static final int BLOCK_BYTES = 4096;

  private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  private FuseWire() {}

  // Requests, at the position of their header.

  static int length(MemorySegment m, long at) {
    return m.get(U32, at);
  }

  static int opcode(MemorySegment m, long at) {
    return m.get(U32, at + 4);
  }

  static long unique(MemorySegment m, long at) {
    return m.get(U64, at + 8);
  }

  /** As far as this server reads a request: behind a shorter one stands an older one's rest. */
  static int bytesMin(int opcode) {
    return switch (opcode) {
      case READ, WRITE -> IO_BYTES;
      case FALLOCATE -> FALLOCATE_BYTES;
      case INIT -> INIT_BYTES;
      default -> REQUEST_BYTES;
    };
  }

  static long node(MemorySegment m, long at) {
    return m.get(U64, at + 16);
  }

  static long ioOffset(MemorySegment m, long at) {
    return m.get(U64, at + REQUEST_BYTES + 8);
  }

  static int ioSize(MemorySegment m, long at) {
    return m.get(U32, at + REQUEST_BYTES + 16);
  }

  static long fallocateLength(MemorySegment m, long at) {
    return m.get(U64, at + REQUEST_BYTES + 16);
  }

  static int fallocateMode(MemorySegment m, long at) {
    return m.get(U32, at + REQUEST_BYTES + 24);
  }

  static boolean lookupIs(MemorySegment m, long at, byte[] name) {
    long start = at + REQUEST_BYTES;
    if (length(m, at) <= REQUEST_BYTES + name.length) {
      return false;
    }
    for (int i = 0; i < name.length; i++) {
      if (m.get(ValueLayout.JAVA_BYTE, start + i) != name[i]) {
        return false;
      }
    }
    return m.get(ValueLayout.JAVA_BYTE, start + name.length) == 0;
  }

  /** Whether this kernel can serve a volume: new enough, and with asynchronous direct I/O. */
  static boolean initAcceptable(MemorySegment m, long at) {
    long body = at + REQUEST_BYTES;
    boolean spoken = m.get(U32, body) == MAJOR && m.get(U32, body + 4) >= MINOR_MIN;
    return spoken && (m.get(U32, body + 12) & (ASYNC_DIO | MAX_PAGES)) == (ASYNC_DIO | MAX_PAGES);
  }

  static int initMinor(MemorySegment m, long at) {
    return m.get(U32, at + REQUEST_BYTES + 4);
  }

  static int initFlags(MemorySegment m, long at) {
    return m.get(U32, at + REQUEST_BYTES + 12);
  }

  static int initFlags2(MemorySegment m, long at) {
    boolean told = (initFlags(m, at) & INIT_EXT) != 0 && length(m, at) >= INIT_BYTES + 4;
    return told ? m.get(U32, at + REQUEST_BYTES + 16) : 0;
  }

  // Answers: the position is that of their header; a body stands right behind it.

  static void header(MemorySegment m, long at, int bodyBytes, int errno, long unique) {
    m.set(U32, at, ANSWER_BYTES + bodyBytes);
    m.set(U32, at + 4, -errno);
    m.set(U64, at + 8, unique);
  }

  /** Never more than the kernel offered; see {@link #initFlags}. */
  static void initBody(MemorySegment m, long at, int minor, int offered, int offered2, int queue) {
    long body = clear(m, at, INIT_ANSWER_BYTES);
    m.set(U32, body, MAJOR);
    m.set(U32, body + 4, Math.min(minor, MINOR_SPOKEN));
    m.set(U32, body + 8, WRITE_BYTES_MAX);
    m.set(U32, body + 12, offered & WANTED);
    m.set(U16, body + 16, (short) queue);
    m.set(U16, body + 18, (short) queue);
    m.set(U32, body + 20, WRITE_BYTES_MAX);
    m.set(U32, body + 24, 1);
    m.set(U16, body + 28, (short) PAGES_MAX);
    m.set(U32, body + 32, offered2 & HAS_RESEND_2);
  }

  static void attributesBody(MemorySegment m, long at, long node, long sizeBytes) {
    long body = clear(m, at, ATTR_ANSWER_BYTES);
    attributes(m, body + 16, node, sizeBytes);
  }

  static void entryBody(MemorySegment m, long at, long node, long sizeBytes) {
    long body = clear(m, at, ENTRY_ANSWER_BYTES);
    m.set(U64, body, node);
    attributes(m, body + 40, node, sizeBytes);
  }

  static void openBody(MemorySegment m, long at, int openFlags) {
    long body = clear(m, at, OPEN_ANSWER_BYTES);
    m.set(U32, body + 8, openFlags);
  }

  static void statfsBody(MemorySegment m, long at, long sizeBytes) {
    long body = clear(m, at, STATFS_ANSWER_BYTES);
    m.set(U64, body, sizeBytes / BLOCK_BYTES);
    m.set(U64, body + 24, 1);
    m.set(U32, body + 40, BLOCK_BYTES);
    m.set(U32, body + 44, 255);
    m.set(U32, body + 48, BLOCK_BYTES);
  }

  static void writeBody(MemorySegment m, long at, int bytes) {
    long body = clear(m, at, WRITE_ANSWER_BYTES);
    m.set(U32, body, bytes);
  }

  private static void attributes(MemorySegment m, long at, long node, long sizeBytes) {
    boolean folder = node == ROOT_NODE;
    m.set(U64, at, node);
    m.set(U64, at + 8, folder ? 0 : sizeBytes);
    m.set(U64, at + 16, folder ? 0 : sizeBytes / 512);
    m.set(U32, at + 60, folder ? MODE_FOLDER : MODE_FILE);
    m.set(U32, at + 64, folder ? 2 : 1);
    m.set(U32, at + 80, BLOCK_BYTES);
  }

  private static long clear(MemorySegment m, long at, int bytes) {
    long body = at + ANSWER_BYTES;
    for (int i = 0; i < bytes; i += 8) {
      m.set(U64, body + i, 0);
    }
    return body;
  }
}
