package io.millrace.engine.daemon.linux;

/** Linux error numbers that this program tells apart. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int ENODEV = 19;
  public static final int EINVAL = 22;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int ENOSYS = 38;
  public static final int EOVERFLOW = 75;
  public static final int EOPNOTSUPP = 95;
  public static final int ESHUTDOWN = 108;

  private Errno() {}

  /** What the number means, in words for people. */
  public static String text(int errno) {
    String words =
        switch (errno) {
          case EPERM -> "operation not permitted";
          case ENOENT -> "no such file or directory";
          case EINTR -> "interrupted";
          case EIO -> "input/output error";
          case ENXIO -> "no such device or address";
          case EAGAIN -> "resource temporarily unavailable";
          case ENOMEM -> "out of memory";
          case EACCES -> "permission denied";
          case EBUSY -> "device or resource busy";
          case EEXIST -> "file exists";
          case ENODEV -> "no such device";
          case EINVAL -> "invalid argument";
          case ENOSPC -> "no space left on device";
          case EROFS -> "read-only file system";
          case ENOSYS -> "function not implemented";
          case EOVERFLOW -> "value too large";
          case ESHUTDOWN -> "shut down";
          case EOPNOTSUPP -> "operation not supported";
          default -> "error";
        };
    return words + " (errno " + errno + ")";
  }
}
