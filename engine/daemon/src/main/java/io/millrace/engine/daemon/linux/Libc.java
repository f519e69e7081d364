package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.ints;
import static io.millrace.engine.daemon.linux.Downcalls.longs;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Files, locks and memory. Any thread.
 *
 * <p>The calls of the data path return their result or a negative errno; the rest throw {@link
 * KernelException}. Addresses are raw and must stay valid during the call.
 */
public final class Libc {
  public static final int O_RDONLY = 0;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;

  /** The flags of these that differ between architectures. */
  public static final int O_DIRECT =
      System.getProperty("os.arch", "").equals("aarch64") ? 0x10000 : 0x4000;

  public static final int O_NOFOLLOW =
      System.getProperty("os.arch", "").equals("aarch64") ? 0x8000 : 0x20000;

  private static final int SEEK_END = 2;
  private static final int SEEK_DATA = 3;
  private static final int LOCK_EX_NB = 2 | 4;
  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int MAP_SHARED_POPULATE = 0x01 | 0x8000;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
  private static final int MAP_FIXED = 0x10;
  private static final int MADV_COLLAPSE = 25;
  private static final long HUGE_PAGE_BYTES = 2 << 20;
  private static final int MFD_CLOEXEC = 1;
  private static final int MCL_CURRENT_FUTURE_ONFAULT = 1 | 2 | 4;
  private static final int PR_SET_IO_FLUSHER = 57;

  /** int open(const char *path, int flags, mode_t mode) */
  private static final MethodHandle OPEN = bind("open", ints(JAVA_LONG, JAVA_INT, JAVA_INT), 2);

  /** int close(int fd) */
  private static final MethodHandle CLOSE = bind("close", ints(JAVA_INT));

  /** ssize_t read(int fd, void *buf, size_t count) */
  private static final MethodHandle READ = bind("read", longs(JAVA_INT, JAVA_LONG, JAVA_LONG));

  /** ssize_t write(int fd, const void *buf, size_t count) */
  private static final MethodHandle WRITE = bind("write", longs(JAVA_INT, JAVA_LONG, JAVA_LONG));

  /** ssize_t readv(int fd, const struct iovec *iov, int iovcnt) */
  private static final MethodHandle READV = bind("readv", longs(JAVA_INT, JAVA_LONG, JAVA_INT));

  /** ssize_t writev(int fd, const struct iovec *iov, int iovcnt) */
  private static final MethodHandle WRITEV = bind("writev", longs(JAVA_INT, JAVA_LONG, JAVA_INT));

  /** ssize_t pread(int fd, void *buf, size_t count, off_t offset) */
  private static final MethodHandle PREAD =
      bind("pread", longs(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  /** ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset) */
  private static final MethodHandle PWRITE =
      bind("pwrite", longs(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  /** int fsync(int fd) */
  private static final MethodHandle FSYNC = bind("fsync", ints(JAVA_INT));

  /** int fdatasync(int fd) */
  private static final MethodHandle FDATASYNC = bind("fdatasync", ints(JAVA_INT));

  /** int flock(int fd, int operation) */
  private static final MethodHandle FLOCK = bind("flock", ints(JAVA_INT, JAVA_INT));

  /** off_t lseek(int fd, off_t offset, int whence) */
  private static final MethodHandle LSEEK = bind("lseek", longs(JAVA_INT, JAVA_LONG, JAVA_INT));

  /** int ftruncate(int fd, off_t length) */
  private static final MethodHandle FTRUNCATE = bind("ftruncate", ints(JAVA_INT, JAVA_LONG));

  /** int fallocate(int fd, int mode, off_t offset, off_t length) */
  private static final MethodHandle FALLOCATE =
      bind("fallocate", ints(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));

  /** int memfd_create(const char *name, unsigned int flags) */
  private static final MethodHandle MEMFD_CREATE = bind("memfd_create", ints(JAVA_LONG, JAVA_INT));

  /** void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset) */
  private static final MethodHandle MMAP =
      bind("mmap", longs(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));

  /** int munmap(void *addr, size_t length) */
  private static final MethodHandle MUNMAP = bind("munmap", ints(JAVA_LONG, JAVA_LONG));

  /** int madvise(void *addr, size_t length, int advice) */
  private static final MethodHandle MADVISE = bind("madvise", ints(JAVA_LONG, JAVA_LONG, JAVA_INT));

  /** int mlock(const void *addr, size_t len) */
  private static final MethodHandle MLOCK = bind("mlock", ints(JAVA_LONG, JAVA_LONG));

  /** int mlockall(int flags) */
  private static final MethodHandle MLOCKALL = bind("mlockall", ints(JAVA_INT));

  /** int prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, ...) */
  private static final MethodHandle PRCTL =
      bind("prctl", ints(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG), 1);

  private Libc() {}

  public static int open(String path, int flags) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errnoSlot();
      int fd = (int) OPEN.invokeExact(errno, arena.allocateFrom(path).address(), flags, 0600);
      return (int) KernelException.check("open " + path, orErrno(fd, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Nobody can act on a failed close: its result is not looked at. */
  public static void close(int fd) {
    try {
      int _ = (int) CLOSE.invokeExact(errnoSlot(), fd);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public static long read(int fd, long address, long bytes) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((long) READ.invokeExact(errno, fd, address, bytes), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public static long write(int fd, long address, long bytes) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((long) WRITE.invokeExact(errno, fd, address, bytes), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * @param iovec address of {@code count} pairs of address and length, 8 bytes each
   */
  public static long readv(int fd, long iovec, int count) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((long) READV.invokeExact(errno, fd, iovec, count), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * @param iovec address of {@code count} pairs of address and length, 8 bytes each
   */
  public static long writev(int fd, long iovec, int count) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((long) WRITEV.invokeExact(errno, fd, iovec, count), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public static long pread(int fd, long address, long bytes, long offset) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((long) PREAD.invokeExact(errno, fd, address, bytes, offset), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public static long pwrite(int fd, long address, long bytes, long offset) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((long) PWRITE.invokeExact(errno, fd, address, bytes, offset), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public static long fdatasync(int fd) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((int) FDATASYNC.invokeExact(errno, fd), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public static void fsync(int fd, String what) throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      KernelException.check("fsync " + what, orErrno((int) FSYNC.invokeExact(errno, fd), errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Takes the exclusive lock of the file, or tells that another holds it. */
  public static boolean tryLock(int fd, String what) throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      long result = orErrno((int) FLOCK.invokeExact(errno, fd, LOCK_EX_NB), errno);
      if (result == -Errno.EAGAIN) {
        return false;
      }
      KernelException.check("flock " + what, result);
      return true;
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Where the next data of a file begin that are no hole, or a negative errno (ENXIO: nowhere). */
  public static long seekData(int fd, long from) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((long) LSEEK.invokeExact(errno, fd, from, SEEK_DATA), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Size of a file or of a block device. */
  public static long sizeBytes(int fd, String what) throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      long end = (long) LSEEK.invokeExact(errno, fd, 0L, SEEK_END);
      return KernelException.check("lseek " + what, orErrno(end, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  public static void truncate(int fd, long bytes, String what) throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      int result = (int) FTRUNCATE.invokeExact(errno, fd, bytes);
      KernelException.check("ftruncate " + what, orErrno(result, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Makes room for the first {@code bytes} of the file; what is in it stays. */
  public static void allocate(int fd, long bytes, String what) throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      int result = (int) FALLOCATE.invokeExact(errno, fd, 0, 0L, bytes);
      KernelException.check("fallocate " + what, orErrno(result, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Shared anonymous memory that is there at once; never unmapped. */
  public static MemorySegment mapShared(String name, long bytes) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = errnoSlot();
      int created =
          (int) MEMFD_CREATE.invokeExact(errno, arena.allocateFrom(name).address(), MFD_CLOEXEC);
      int fd = (int) KernelException.check("memfd_create", orErrno(created, errno));
      try {
        truncate(fd, bytes, "memfd");
        return mapMemory(fd, bytes);
      } finally {
        close(fd);
      }
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * The first {@code bytes} of a file in memory, shared with all that have it; never unmapped.
   *
   * <p>In huge pages, if the kernel can (6.1 or later): a disk takes a large write from a few large
   * stretches of memory as one operation, and from many small ones as several (a loop device takes
   * 128 stretches, so 512 KiB of ordinary pages).
   */
  public static MemorySegment mapMemory(int fd, long bytes) throws KernelException {
    long room = map(0, bytes + HUGE_PAGE_BYTES, 0, MAP_PRIVATE_ANONYMOUS, -1, 0);
    long address = (room + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
    map(address, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE | MAP_FIXED, fd, 0);
    advise(address, bytes, MADV_COLLAPSE);
    return memory(address, bytes);
  }

  /** A file from {@code offset} on as memory, until {@link #unmap}. */
  static MemorySegment mapFile(int fd, long bytes, long offset) throws KernelException {
    return memory(map(0, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset), bytes);
  }

  @SuppressWarnings("restricted") // the address comes from mmap with this very size
  private static MemorySegment memory(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** What can't be had is no error: it is advice. */
  private static void advise(long address, long bytes, int advice) {
    try {
      int _ = (int) MADVISE.invokeExact(errnoSlot(), address, bytes, advice);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static long map(long at, long bytes, int prot, int flags, int fd, long offset)
      throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      long address = (long) MMAP.invokeExact(errno, at, bytes, prot, flags, fd, offset);
      KernelException.check("mmap " + bytes + " bytes", orErrno(address, errno));
      return address;
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Ends a mapping; nobody may touch it any more. */
  static void unmap(MemorySegment memory) {
    try {
      int _ = (int) MUNMAP.invokeExact(errnoSlot(), memory.address(), memory.byteSize());
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Locks memory against being moved out; 0 or a negative errno. */
  public static long mlock(MemorySegment memory) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((int) MLOCK.invokeExact(errno, memory.address(), memory.byteSize()), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Locks each page of the process once it has been touched; 0 or a negative errno. */
  public static long lockTouchedPages() {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((int) MLOCKALL.invokeExact(errno, MCL_CURRENT_FUTURE_ONFAULT), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * Tells the kernel that this thread, and those it starts, must not wait for writeback to get
   * memory; 0 or a negative errno.
   */
  public static long becomeIoFlusher() {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((int) PRCTL.invokeExact(errno, PR_SET_IO_FLUSHER, 1L, 0L, 0L, 0L), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** The bytes up to the first NUL, as text. */
  static String text(MemorySegment bytes) {
    int length = 0;
    while (length < bytes.byteSize() && bytes.get(ValueLayout.JAVA_BYTE, length) != 0) {
      length++;
    }
    byte[] heap = bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    return new String(heap, java.nio.charset.StandardCharsets.UTF_8);
  }
}
