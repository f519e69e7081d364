package io.millrace.engine.daemon.nbd;

import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.linux.UnixSocket;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import jdk.net.ExtendedSocketOptions;

/**
 * One client on TCP: it must ask for TLS and show a certificate; from then on its bytes are
 * carried, deciphered, to and from the server on the reactor, which so has but one kind of client.
 *
 * <p>The thread that calls carries what the client says, a second one what it is told. Slower than
 * a unix socket by two copies and the cipher.
 */
final class TlsClient {
  private static final Duration GOODBYE_LIMIT = Duration.ofSeconds(10);
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int GREETING_BYTES = 18;

  // A host that is gone without a word is noticed after two minutes: until then its volume is open.
  private static final int KEEPALIVE_IDLE_SECONDS = 60;
  private static final int KEEPALIVE_INTERVAL_SECONDS = 10;
  private static final int KEEPALIVE_COUNT = 6;

  /** Before TLS there is nothing to be told of. */
  private static final Exports NO_EXPORTS =
      new Exports() {
        @Override
        public List<Export> all() {
          return List.of();
        }

        @Override
        public Optional<Export> find(String name) {
          return Optional.empty();
        }

        @Override
        public OptionalLong snapshot(String name) {
          return OptionalLong.empty();
        }

        @Override
        public List<String> snapshotsOf(Export export) {
          return List.of();
        }

        @Override
        public Optional<String> noRoom() {
          return Optional.empty();
        }
      };

  private final Socket plain;
  private final TlsService service;
  private volatile boolean late;

  /**
   * @param plain closed at the end
   */
  TlsClient(Socket plain, TlsService service) {
    this.plain = plain;
    this.service = service;
  }

  /** How a client is told from others in a log. */
  static String peer(Socket socket) {
    return socket.getInetAddress().getHostAddress() + " port " + socket.getPort();
  }

  /** Until the client or the server ends the connection. */
  void serve() {
    byte[] clientFlags = new byte[Negotiation.CLIENT_FLAGS_BYTES];
    try (plain) {
      Optional<SSLSocket> let = letIn(clientFlags);
      if (let.isPresent()) {
        try (SSLSocket encrypted = let.get()) {
          carry(encrypted, clientFlags);
        }
      }
    } catch (IOException e) {
      // It has left.
    }
  }

  /** Empty when it is not: it may have heard why, and so has the log. */
  private Optional<SSLSocket> letIn(byte[] clientFlags) {
    String peer = peer(plain);
    ScheduledFuture<?> deadline =
        service
            .timer()
            .schedule(this::cutOff, service.handshakeLimit().toMillis(), TimeUnit.MILLISECONDS);
    try {
      setOptions();
      if (asksForTls(clientFlags)) {
        return Optional.of(encrypt());
      }
      service.refused().add(peer, "it did not ask for TLS");
    } catch (EOFException e) {
      // It has left before it asked for anything: a look whether somebody listens.
    } catch (IOException e) {
      double seconds = service.handshakeLimit().toMillis() / 1000.0;
      String limit = "its handshake took more than %.1f s".formatted(seconds);
      service.refused().add(peer, late ? limit : String.valueOf(e.getMessage()));
    } finally {
      deadline.cancel(false);
    }
    return Optional.empty();
  }

  private void setOptions() throws IOException {
    plain.setTcpNoDelay(true);
    plain.setKeepAlive(true);
    plain.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
    plain.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEPALIVE_INTERVAL_SECONDS);
    plain.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEPALIVE_COUNT);
  }

  private void cutOff() {
    late = true;
    try {
      plain.close();
    } catch (IOException e) {
      // Who reads or writes hears of it.
    }
  }

  private boolean asksForTls(byte[] clientFlags) throws IOException {
    DataInputStream in = new DataInputStream(plain.getInputStream());
    OutputStream out = plain.getOutputStream();
    Negotiation negotiation = new Negotiation(NO_EXPORTS, Negotiation.Security.PLAIN);
    boolean first = true;
    while (true) {
      out.write(negotiation.takeOutput());
      switch (negotiation.next()) {
        case Negotiation.Step.Read(int bytes) -> {
          byte[] read = new byte[bytes];
          in.readFully(read);
          if (first) {
            System.arraycopy(read, 0, clientFlags, 0, clientFlags.length);
            first = false;
          }
          negotiation.take(ByteBuffer.wrap(read));
        }
        case Negotiation.Step.Skip(int bytes) -> {
          in.skipNBytes(bytes);
          negotiation.take(ByteBuffer.allocate(0));
        }
        case Negotiation.Step.Encrypt() -> {
          return true;
        }
        case Negotiation.Step.Transmit _, Negotiation.Step.Close() -> {
          return false;
        }
      }
    }
  }

  private SSLSocket encrypt() throws IOException {
    String host = plain.getInetAddress().getHostAddress();
    SSLSocket encrypted =
        (SSLSocket) service.tls().createSocket(plain, host, plain.getPort(), true);
    encrypted.setUseClientMode(false);
    encrypted.setNeedClientAuth(true);
    encrypted.startHandshake();
    return encrypted;
  }

  private void carry(SSLSocket encrypted, byte[] clientFlags) throws IOException {
    int[] ends = UnixSocket.pair();
    int inner = ends[1];
    try (Arena arena = Arena.ofConfined()) {
      UnixSocket.unblock(ends[0]);
      service.server().accept(ends[0]);
      MemorySegment buffer = arena.allocate(BUFFER_BYTES);
      greet(inner, clientFlags, buffer);
      CountDownLatch heardAll = new CountDownLatch(1);
      Thread telling =
          Thread.ofPlatform()
              .daemon()
              .name("millrace-nbd-answers")
              .start(() -> tell(inner, encrypted, heardAll));
      carryRequests(encrypted, inner, buffer);
      heardAll.countDown();
      join(telling);
    } finally {
      Libc.close(inner);
    }
  }

  /** The client has had a greeting, and has said its flags, before TLS. */
  private static void greet(int inner, byte[] clientFlags, MemorySegment buffer)
      throws IOException {
    for (int left = GREETING_BYTES; left > 0; ) {
      long bytes = Libc.read(inner, buffer.address(), left);
      if (bytes <= 0) {
        throw new EOFException();
      }
      left -= (int) bytes;
    }
    write(inner, clientFlags, clientFlags.length, buffer);
  }

  /** At its end the server is told that nothing more comes, and answers what has come. */
  private static void carryRequests(SSLSocket from, int inner, MemorySegment buffer) {
    byte[] bytes = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      for (int read = in.read(bytes); read > 0; read = in.read(bytes)) {
        write(inner, bytes, read, buffer);
      }
      UnixSocket.endOutput(inner);
    } catch (IOException e) {
      UnixSocket.shutdown(inner);
    }
  }

  /**
   * Once the server has said all, the client is told so, and may still hang up by itself: closing
   * while the other thread reads would send it an alert in place of an orderly end.
   */
  private void tell(int inner, SSLSocket to, CountDownLatch heardAll) {
    try (plain) {
      carryAnswers(inner, to);
      to.shutdownOutput();
      boolean _ = heardAll.await(GOODBYE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IOException e) {
      UnixSocket.shutdown(inner);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void carryAnswers(int inner, SSLSocket to) throws IOException {
    byte[] bytes = new byte[BUFFER_BYTES];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(BUFFER_BYTES);
      OutputStream out = to.getOutputStream();
      long read = Libc.read(inner, buffer.address(), BUFFER_BYTES);
      while (read > 0) {
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, 0, (int) read);
        out.write(bytes, 0, (int) read);
        read = Libc.read(inner, buffer.address(), BUFFER_BYTES);
      }
    }
  }

  private static void write(int inner, byte[] bytes, int count, MemorySegment buffer)
      throws IOException {
    MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, count);
    for (long done = 0; done < count; ) {
      long written = Libc.write(inner, buffer.address() + done, count - done);
      if (written <= 0) {
        throw new EOFException();
      }
      done += written;
    }
  }

  private static void join(Thread telling) {
    try {
      telling.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
