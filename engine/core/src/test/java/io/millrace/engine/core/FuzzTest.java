package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A short run of what {@code ./dev soak fuzz} does for long, and that it is guided. */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FuzzTest {
  private static final long NANOS = TimeUnit.SECONDS.toNanos(8);

  @Test
  void everyStructureIsReadHoweverItIsChanged() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Map<String, Long> counts = FuzzMain.run(FuzzedParsers.class.getName(), seed, NANOS);
    System.out.println(counts);
    for (int kind = Chunk.DIRECTORY; kind <= Chunk.LIVE; kind++) {
      assertTrue(counts.getOrDefault("chunk of kind " + kind, 0L) > 0, "kind " + kind);
    }
    for (String name : new String[] {"superblock", "root", "ring", "staged batch"}) {
      assertTrue(counts.getOrDefault(name, 0L) > 0, name);
    }
    long unchanged = counts.getOrDefault("branches unchanged", 0L);
    assertTrue(unchanged > 1000, "the engine tells nothing");
    assertTrue(counts.getOrDefault("branches", 0L) > unchanged + 20, "nothing new");
  }

  @Test
  void aConditionBehindAConditionIsFoundStepByStep() {
    GuidedFuzz fuzz = new GuidedFuzz(4711);
    AtomicInteger runs = new AtomicInteger();
    fuzz.add("toy", new byte[16], FuzzTest::toy);
    assertThrows(
        IllegalStateException.class, () -> fuzz.run(() -> runs.incrementAndGet() < 2_000_000));
  }

  /** By chance alone, four bytes would not be right in a lifetime. */
  private static void toy(byte[] input) {
    int right = 0;
    while (right < 4 && input[right * 3] == (byte) (0x35 + 31 * right)) {
      Coverage.hit(60_000 + right);
      right++;
    }
    if (right == 4) {
      throw new IllegalStateException("found");
    }
  }
}
