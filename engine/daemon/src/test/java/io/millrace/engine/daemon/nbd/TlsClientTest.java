package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients on TCP that get no further than the door. */
final class TlsClientTest {
  private static final byte[] FLAGS = {0, 0, 0, 3};

  private final List<String> log = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService timer = TlsService.newTimer();
  private final ServerSocket listener;

  TlsClientTest() throws IOException {
    listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void stop() throws IOException {
    listener.close();
    timer.shutdownNow();
  }

  private interface Conversation {
    void hold(Socket client) throws Exception;
  }

  /** Until the server has ended it. */
  private void serve(Duration limit, Conversation conversation) throws Exception {
    TlsService service =
        new TlsService(
            SSLContext.getDefault().getSocketFactory(),
            fd -> log.add("let in"),
            new RefusedClients(System::nanoTime, log::add),
            limit,
            timer);
    try (Socket client = new Socket(listener.getInetAddress(), listener.getLocalPort())) {
      Thread server = Thread.ofPlatform().start(new TlsClient(listener.accept(), service)::serve);
      conversation.hold(client);
      server.join();
    }
  }

  @Test
  void whoDoesNotAskForTlsIsToldOfInTheLog() throws Exception {
    serve(
        Duration.ofMinutes(1),
        client -> {
          client.getOutputStream().write(FLAGS);
          client.getOutputStream().write(Messages.option(Negotiation.ABORT, new byte[0]));
        });
    assertEquals(1, log.size());
    assertTrue(log.getFirst().matches("NBD client .* was not let in: it did not ask for TLS"));
  }

  @Test
  void whoSaysNothingThatIsTlsIsToldOfInTheLog() throws Exception {
    serve(
        Duration.ofMinutes(1),
        client -> {
          client.getOutputStream().write(FLAGS);
          client.getOutputStream().write(Messages.option(Negotiation.STARTTLS, new byte[0]));
          client.getOutputStream().write(Messages.option(Negotiation.GO, Messages.go("v")));
        });
    assertEquals(1, log.size(), log.toString());
    assertTrue(log.getFirst().startsWith("NBD client "), log.toString());
  }

  @Test
  void whoOnlyLooksWhetherSomebodyListensIsNotWorthALine() throws Exception {
    serve(Duration.ofMinutes(1), Socket::close);
    assertEquals(List.of(), log);
  }

  /** It would stay for ever if only its silence were limited. */
  @Test
  void whoAlwaysSaysALittleMoreIsCutOffAllTheSame() throws Exception {
    serve(
        Duration.ofMillis(300),
        client -> {
          OutputStream out = client.getOutputStream();
          out.write(FLAGS);
          byte[] option = Messages.option(Negotiation.LIST, new byte[0]);
          try {
            for (int i = 0; i < 100_000; i++) {
              out.write(option[i % option.length]);
              Thread.sleep(1);
            }
          } catch (IOException cutOff) {
            return;
          }
          throw new AssertionError("it is still there");
        });
    assertEquals(1, log.size());
    assertTrue(log.getFirst().contains("more than"), log.getFirst());
  }

  @Test
  void aTimerIsNotKeptForThoseWhoHaveLeft() throws Exception {
    serve(Duration.ofMinutes(1), Socket::close);
    assertEquals(0, ((java.util.concurrent.ScheduledThreadPoolExecutor) timer).getQueue().size());
  }
}
