package io.millrace.engine.daemon.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.api.Scrub;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.StoreState;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

final class HealthServerTest {
  private final String text =
      HealthServer.text(
          Store.newBuilder().setState(StoreState.SERVING).setFreeBytes(7).build(),
          Stats.newBuilder().setUserWrites(3).setSegmentsFree(5).build(),
          Scrub.newBuilder().setDamagedBlocks(2).build());

  @Test
  void countersEndWithTotalAndLevelsAreGauges() {
    assertTrue(
        text.contains("# TYPE millrace_user_writes_total counter\nmillrace_user_writes_total 3\n"));
    assertTrue(text.contains("# TYPE millrace_segments_free gauge\nmillrace_segments_free 5\n"));
    assertTrue(text.contains("# TYPE millrace_segments_cleaned_total counter\n"));
    assertTrue(text.contains("# TYPE millrace_map_bytes gauge\n"));
    assertTrue(text.contains("millrace_store_free_bytes 7\n"));
    assertTrue(text.contains("millrace_store_serving 1\n"));
    assertTrue(text.contains("# TYPE millrace_damaged_blocks gauge\nmillrace_damaged_blocks 2\n"));
  }

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

  @Test
  void everyCounterOfTheApiIsThere() {
    long typed = text.lines().filter(line -> line.startsWith("# TYPE")).count();
    assertEquals(Stats.getDescriptor().getFields().size() + 13, typed);
  }
}
