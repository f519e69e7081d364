package io.millrace.engine.daemon.linux;

import java.io.IOException;

/** The kernel refused a call. The message names the call, its object and the error. */
public final class KernelException extends IOException {
  private static final long serialVersionUID = 1;

  private final int errno;

  public KernelException(String call, int errno) {
    super(call + ": " + Errno.text(errno));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }

  /** Passes a result through; throws when it is a negative errno. */
  static long check(String call, long result) throws KernelException {
    if (result < 0) {
      throw new KernelException(call, (int) -result);
    }
    return result;
  }
}
