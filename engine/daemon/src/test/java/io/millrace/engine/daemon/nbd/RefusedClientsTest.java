package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the log says of those who were not let in. */
final class RefusedClientsTest {
  private final List<String> lines = new ArrayList<>();
  private long nanos;
  private final RefusedClients refused = new RefusedClients(() -> nanos, lines::add);

  @Test
  void eachIsToldOfInOneLineWithWhoItWasAndWhy() {
    refused.add("10.0.0.7 port 4711", "Empty client\ncertificate chain");
    assertEquals(
        List.of("NBD client 10.0.0.7 port 4711 was not let in: Empty client certificate chain"),
        lines);
    refused.add("10.0.0.7 port 4712", "x".repeat(100_000));
    assertEquals(300, lines.getLast().length() - lines.getLast().indexOf("xxx"));
  }

  @Test
  void whoKnocksAllTheTimeFillsNoLog() {
    for (int i = 0; i < 1000; i++) {
      refused.add("10.0.0.7 port " + i, "no certificate");
    }
    assertEquals(RefusedClients.LINES_MAX, lines.size());
    nanos += Duration.ofMinutes(1).toNanos();
    refused.add("10.0.0.8 port 1", "no certificate");
    assertEquals(
        "NBD client 10.0.0.8 port 1 was not let in: no certificate; so were 990 others",
        lines.getLast());
    refused.add("10.0.0.8 port 2", "no certificate");
    assertEquals("NBD client 10.0.0.8 port 2 was not let in: no certificate", lines.getLast());
  }
}
