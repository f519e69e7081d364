package io.millrace.engine.daemon.linux;

/** Two ends of a connection that keeps messages apart, as /dev/fuse does. Any thread. */
public final class Sockets {
  /** SOCK_SEQPACKET, SOCK_NONBLOCK, SOCK_CLOEXEC */
  private static final int TYPE = 5 | 0x800 | 0x80000;

  private Sockets() {}

  /** Two descriptors. */
  public static int[] pair() throws KernelException {
    return UnixSocket.pair(TYPE);
  }
}
