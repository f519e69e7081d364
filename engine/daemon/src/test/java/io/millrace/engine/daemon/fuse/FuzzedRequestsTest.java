package io.millrace.engine.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.core.FuzzMain;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A short run of what {@code ./dev soak fuzz} does for long. */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FuzzedRequestsTest {
  private static final long NANOS = TimeUnit.SECONDS.toNanos(4);

  @Test
  void whateverTheKernelSendsIsAnsweredOrDroppedAndTheServerGoesOn() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Map<String, Long> counts = FuzzMain.run(FuzzedRequests.class.getName(), seed, NANOS);
    System.out.println(counts);
    for (String name : new String[] {"INIT", "READ", "WRITE", "FALLOCATE", "FLUSH"}) {
      assertTrue(counts.getOrDefault(name, 0L) > 0, name);
    }
    assertTrue(counts.getOrDefault("branches unchanged", 0L) > 500, "the server tells nothing");
  }
}
