package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.ints;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Loop devices: the ioctls and their structures.
 *
 * <pre>
 * struct loop_info64 {                    offset
 *   u64 lo_device, lo_inode, lo_rdevice;  0 8 16
 *   u64 lo_offset, lo_sizelimit;          24 32
 *   u32 lo_number;                        40
 *   u32 lo_encrypt_type, lo_encrypt_key_size; 44 48
 *   u32 lo_flags;                         52
 *   u8  lo_file_name[64];                 56
 *   u8  lo_crypt_name[64];                120
 *   u8  lo_encrypt_key[32];               184
 *   u64 lo_init[2];                       216   } 232 bytes
 * struct loop_config {
 *   u32 fd, block_size;                   0 4
 *   struct loop_info64 info;              8
 *   u64 reserved[8];                      240   } 304 bytes
 * </pre>
 *
 * <p>Any thread but the one that answers the backing file's requests.
 */
public final class Loop {
  public static final int FLAG_READ_ONLY = 1;
  public static final int FLAG_AUTOCLEAR = 4;
  public static final int FLAG_DIRECT_IO = 16;

  /** Longest text that fits lo_file_name with its NUL. */
  public static final int NAME_BYTES_MAX = 63;

  private static final long LOOP_CTL_ADD = 0x4C80;
  private static final long LOOP_CTL_GET_FREE = 0x4C82;
  private static final long LOOP_CONFIGURE = 0x4C0A;
  private static final long LOOP_CLR_FD = 0x4C01;
  private static final long LOOP_SET_STATUS64 = 0x4C04;
  private static final long LOOP_GET_STATUS64 = 0x4C05;
  private static final long LOOP_SET_CAPACITY = 0x4C07;

  private static final int INFO_BYTES = 232;
  private static final int INFO_FLAGS = 52;
  private static final int INFO_NAME = 56;
  private static final int CONFIG_BYTES = 304;
  private static final int CONFIG_FD = 0;
  private static final int CONFIG_BLOCK_SIZE = 4;
  private static final int CONFIG_INFO = 8;

  /** int ioctl(int fd, unsigned long request, unsigned long argument) */
  private static final MethodHandle IOCTL = bind("ioctl", ints(JAVA_INT, JAVA_LONG, JAVA_LONG), 2);

  private Loop() {}

  /** What a bound loop device says of itself. */
  public record Status(int flags, String name) {
    public boolean directIo() {
      return (flags & FLAG_DIRECT_IO) != 0;
    }
  }

  /** What a loop device is to become. */
  public record Config(int backingFd, int sectorBytes, boolean readOnly, String name) {
    public Config {
      if (name.getBytes(StandardCharsets.UTF_8).length > NAME_BYTES_MAX) {
        throw new IllegalArgumentException("loop name longer than " + NAME_BYTES_MAX + ": " + name);
      }
    }
  }

  /** The number of a device that is not bound now; another process may take it first. */
  public static int freeNumber() throws KernelException {
    return control("LOOP_CTL_GET_FREE", LOOP_CTL_GET_FREE, 0);
  }

  /** Makes sure that device {@code number} exists. */
  public static void add(int number) throws KernelException {
    try {
      control("LOOP_CTL_ADD", LOOP_CTL_ADD, number);
    } catch (KernelException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
  }

  /** Binds the device in one step; EBUSY when it is taken. */
  public static void configure(int deviceFd, Config config) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(CONFIG_BYTES, 8);
      encode(config, memory);
      ioctl("LOOP_CONFIGURE", deviceFd, LOOP_CONFIGURE, memory.address());
    }
  }

  static void encode(Config config, MemorySegment memory) {
    memory.set(JAVA_INT, CONFIG_FD, config.backingFd());
    memory.set(JAVA_INT, CONFIG_BLOCK_SIZE, config.sectorBytes());
    int flags = FLAG_DIRECT_IO | (config.readOnly() ? FLAG_READ_ONLY : 0);
    memory.set(JAVA_INT, CONFIG_INFO + INFO_FLAGS, flags);
    memory.setString(CONFIG_INFO + INFO_NAME, config.name());
  }

  /** ENXIO when the device is not bound. */
  public static Status status(int deviceFd) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(INFO_BYTES, 8);
      ioctl("LOOP_GET_STATUS64", deviceFd, LOOP_GET_STATUS64, info.address());
      return new Status(info.get(JAVA_INT, INFO_FLAGS), Libc.text(info.asSlice(INFO_NAME, 64)));
    }
  }

  /** Unbinds now, or, while others have the device open, when the last of them closes it. */
  public static void clear(int deviceFd) throws KernelException {
    ioctl("LOOP_CLR_FD", deviceFd, LOOP_CLR_FD, 0);
  }

  /** Takes back a {@link #clear} that waits for the last user. */
  public static void keep(int deviceFd) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(INFO_BYTES, 8);
      ioctl("LOOP_GET_STATUS64", deviceFd, LOOP_GET_STATUS64, info.address());
      info.set(JAVA_INT, INFO_FLAGS, info.get(JAVA_INT, INFO_FLAGS) & ~FLAG_AUTOCLEAR);
      ioctl("LOOP_SET_STATUS64", deviceFd, LOOP_SET_STATUS64, info.address());
    }
  }

  /** Takes over the backing file's present size. */
  public static void refreshSize(int deviceFd) throws KernelException {
    ioctl("LOOP_SET_CAPACITY", deviceFd, LOOP_SET_CAPACITY, 0);
  }

  private static int control(String name, long request, long argument) throws KernelException {
    int fd = Libc.open("/dev/loop-control", Libc.O_RDWR | Libc.O_CLOEXEC);
    try {
      return ioctl(name, fd, request, argument);
    } finally {
      Libc.close(fd);
    }
  }

  private static int ioctl(String name, int fd, long request, long argument)
      throws KernelException {
    try {
      MemorySegment errno = errnoSlot();
      int result = (int) IOCTL.invokeExact(errno, fd, request, argument);
      return (int) KernelException.check(name, orErrno(result, errno));
    } catch (KernelException e) {
      throw e;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }
}
