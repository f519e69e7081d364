package io.millrace.engine.daemon.nbd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Semaphore;
import java.util.function.IntConsumer;
import javax.net.ssl.SSLSocketFactory;

/**
 * Accepts NBD clients on TCP. Each has two threads of its own, see {@link TlsClient}; more than
 * {@link #CLIENTS_MAX} are not let in.
 */
public final class TlsListener implements AutoCloseable {
  static final int CLIENTS_MAX = 320;
  private static final long REST_MILLIS = 100;

  private final ServerSocket listener;
  private final SSLSocketFactory tls;
  private final IntConsumer server;
  private final Semaphore room = new Semaphore(CLIENTS_MAX);

  private TlsListener(ServerSocket listener, SSLSocketFactory tls, IntConsumer server) {
    this.listener = listener;
    this.tls = tls;
    this.server = server;
  }

  /**
   * Begins to accept.
   *
   * @param server takes over the descriptor of a socket, non-blocking, behind which a client is
   */
  public static TlsListener start(InetSocketAddress address, TlsFiles files, IntConsumer server)
      throws IOException {
    SSLSocketFactory tls = files.context().getSocketFactory();
    ServerSocket socket = new ServerSocket();
    try {
      socket.bind(address);
    } catch (IOException e) {
      socket.close();
      throw new IOException("can't listen on " + address + " (--nbd-listen): " + e.getMessage(), e);
    }
    TlsListener listening = new TlsListener(socket, tls, server);
    Thread.ofPlatform().daemon().name("millrace-nbd-tls").start(listening::accept);
    return listening;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        begin(listener.accept());
      } catch (IOException e) {
        // Closed; or no descriptors are left, which passes.
        rest();
      }
    }
  }

  private void begin(Socket plain) throws IOException {
    if (!room.tryAcquire()) {
      plain.close();
      return;
    }
    TlsClient client = new TlsClient(plain, tls, server);
    Thread.ofPlatform()
        .daemon()
        .name("millrace-nbd-client")
        .start(
            () -> {
              try {
                client.serve();
              } finally {
                room.release();
              }
            });
  }

  private static void rest() {
    try {
      Thread.sleep(REST_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
