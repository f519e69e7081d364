package io.millrace.engine.daemon.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.StoreState;
import io.millrace.engine.daemon.rpc.Engine;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * {@code /healthz}: the reactor answers, or the store is still being laid out. {@code /readyz}: the
 * store serves and attachments are restored. {@code /metrics}: counters as Prometheus text.
 *
 * <p>Up before everything else, so that what takes long at a start can be told from what hangs.
 */
final class HealthServer implements AutoCloseable {
  private final HttpServer server;
  private final AtomicReference<String> beginning = new AtomicReference<>("STARTING");
  private final AtomicReference<@Nullable Engine> engine = new AtomicReference<>();
  private final AtomicBoolean ready = new AtomicBoolean();

  private HealthServer(HttpServer server) {
    this.server = server;
  }

  static HealthServer start(InetSocketAddress address) throws IOException {
    HttpServer server = bind(address);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    HealthServer health = new HealthServer(server);
    server.createContext("/healthz", health::live);
    server.createContext("/readyz", health::readiness);
    server.createContext("/metrics", health::metrics);
    server.start();
    return health;
  }

  private static HttpServer bind(InetSocketAddress address) throws IOException {
    try {
      return HttpServer.create(address, 0);
    } catch (BindException e) {
      throw new IOException("can't listen on " + address + " (--health): " + e.getMessage(), e);
    }
  }

  InetSocketAddress address() {
    return server.getAddress();
  }

  /** A store is being laid out, and has come so far. */
  void formatting(String progress) {
    beginning.set("FORMATTING " + progress);
  }

  /** From now on the engine knows. */
  void serve(Engine served) {
    engine.set(served);
  }

  /** Attachments have been restored. */
  void ready() {
    ready.set(true);
  }

  private void live(HttpExchange exchange) throws IOException {
    Engine present = engine.get();
    // Asking is the check: it hangs when the reactor does.
    String state = present == null ? beginning.get() : present.store().getState().toString();
    answer(exchange, 200, state + "\n");
  }

  private void readiness(HttpExchange exchange) throws IOException {
    Engine present = engine.get();
    if (present == null) {
      answer(exchange, 503, beginning.get() + "\n");
      return;
    }
    Store store = present.store();
    if (store.getState() != StoreState.SERVING) {
      answer(exchange, 503, store.getState() + " " + store.getReason() + "\n");
    } else if (!ready.get()) {
      answer(exchange, 503, "attaching volumes again\n");
    } else {
      answer(exchange, 200, "SERVING\n");
    }
  }

  private void metrics(HttpExchange exchange) throws IOException {
    Engine present = engine.get();
    if (present == null) {
      answer(exchange, 503, beginning.get() + "\n");
    } else {
      Store store = present.store();
      String text = MetricsText.of(store, present.meters(), present.scrubProgress());
      answer(exchange, 200, MetricsText.CONTENT_TYPE, text);
    }
  }

  private static void answer(HttpExchange exchange, int code, String text) throws IOException {
    answer(exchange, code, "text/plain; charset=utf-8", text);
  }

  private static void answer(HttpExchange exchange, int code, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    try (exchange) {
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
