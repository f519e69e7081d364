package io.millrace.engine.daemon.nbd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Accepts NBD clients on TCP. Each has two threads of its own, see {@link TlsClient}; more than
 * {@link #CLIENTS_MAX} are not let in.
 */
public final class TlsListener implements AutoCloseable {
  /** Each takes up to 200 KiB of a small heap. */
  static final int CLIENTS_MAX = 128;

  private static final long REST_MILLIS = 100;
  private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(30);

  private final ServerSocket listener;
  private final TlsService service;
  private final Semaphore room = new Semaphore(CLIENTS_MAX);

  private TlsListener(ServerSocket listener, TlsService service) {
    this.listener = listener;
    this.service = service;
  }

  /**
   * Begins to accept.
   *
   * @param server takes over the descriptor of a socket, non-blocking, behind which a client is
   * @param say is told, now and then, who was not let in, and why
   */
  public static TlsListener start(
      InetSocketAddress address, TlsFiles files, IntConsumer server, Consumer<String> say)
      throws IOException {
    TlsService service =
        new TlsService(
            files.context().getSocketFactory(),
            server,
            new RefusedClients(System::nanoTime, say),
            HANDSHAKE_LIMIT,
            TlsService.newTimer());
    ServerSocket socket = new ServerSocket();
    try {
      socket.bind(address);
    } catch (IOException e) {
      socket.close();
      throw new IOException("can't listen on " + address + " (--nbd-listen): " + e.getMessage(), e);
    }
    TlsListener listening = new TlsListener(socket, service);
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
      service.refused().add(TlsClient.peer(plain), CLIENTS_MAX + " are served on TCP already");
      plain.close();
      return;
    }
    TlsClient client = new TlsClient(plain, service);
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
