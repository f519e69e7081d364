package io.millrace.csi.it;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.millrace.api.v1alpha1.Store;
import io.millrace.api.v1alpha1.StoreStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * As much of an API server as the driver speaks to: lists stores, applies a store, applies the
 * status of one that is there. Without schema and policy: those are tested on a real one.
 */
final class FakeApiServer implements AutoCloseable {
  private static final String STORES = "/apis/millrace.io/v1alpha1/stores";

  private final HttpServer server;
  private final Map<String, Store> stores = new TreeMap<>();
  private boolean refuses;
  private int requests;
  private int statusWrites;

  FakeApiServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  /** What a container of this cluster finds in its environment. */
  Map<String, String> environmentOfPods() {
    String port = Integer.toString(server.getAddress().getPort());
    return Map.of(
        "KUBERNETES_SERVICE_HOST",
        "127.0.0.1",
        "KUBERNETES_SERVICE_PORT",
        port,
        "KUBERNETES_MASTER",
        "http://127.0.0.1:" + port);
  }

  /** From now on every request gets 503, or no longer. */
  synchronized void refuse(boolean all) {
    refuses = all;
  }

  synchronized int requests() {
    return requests;
  }

  synchronized int statusWrites() {
    return statusWrites;
  }

  synchronized Optional<StoreStatus> status(String name) {
    return Optional.ofNullable(stores.get(name)).map(Store::getStatus);
  }

  synchronized void delete(String name) {
    stores.remove(name);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    requests++;
    String path = exchange.getRequestURI().getPath();
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    if (refuses) {
      respond(exchange, 503, status(503, "the API server is overloaded"));
    } else if (exchange.getRequestMethod().equals("GET") && path.equals(STORES)) {
      respond(exchange, 200, list());
    } else if (exchange.getRequestMethod().equals("PATCH") && path.startsWith(STORES + "/")) {
      apply(exchange, path, Serialization.unmarshal(body, Store.class));
    } else {
      respond(exchange, 405, status(405, exchange.getRequestMethod() + " " + path));
    }
  }

  private void apply(HttpExchange exchange, String path, Store applied) throws IOException {
    String name = applied.getMetadata().getName();
    Store known = stores.get(name);
    if (!path.endsWith("/status")) {
      applied.setStatus(known == null ? null : known.getStatus());
      stores.put(name, applied);
      respond(exchange, 200, applied);
    } else if (known == null) {
      respond(exchange, 404, status(404, "stores.millrace.io \"" + name + "\" not found"));
    } else {
      statusWrites++;
      known.setStatus(applied.getStatus());
      respond(exchange, 200, known);
    }
  }

  private Object list() {
    Map<String, Object> list = new LinkedHashMap<>();
    list.put("apiVersion", "millrace.io/v1alpha1");
    list.put("kind", "StoreList");
    list.put("metadata", Map.of());
    list.put("items", List.copyOf(stores.values()));
    return list;
  }

  private static Object status(int code, String message) {
    return new StatusBuilder().withStatus("Failure").withCode(code).withMessage(message).build();
  }

  private static void respond(HttpExchange exchange, int code, Object body) throws IOException {
    byte[] bytes = Serialization.asJson(body).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    try (var out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
