package io.millrace.engine.daemon.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

final class HealthServerTest {
  @Test
  void whileAStoreIsLaidOutItIsAliveAndNotReady() throws Exception {
    try (HealthServer health =
            HealthServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        HttpClient client = HttpClient.newHttpClient()) {
      health.formatting("writing zeros: 1 GiB of 2 GiB");
      String base = "http://127.0.0.1:" + health.address().getPort();
      var live = get(client, base + "/healthz");
      assertEquals(200, live.statusCode());
      assertEquals("FORMATTING writing zeros: 1 GiB of 2 GiB\n", live.body());
      assertEquals(503, get(client, base + "/readyz").statusCode());
      assertEquals(503, get(client, base + "/metrics").statusCode());
    }
  }

  private static HttpResponse<String> get(HttpClient client, String address) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString());
  }
}
