package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommitTimingTest {
  private static final long MILLI = 1_000_000;
  private final CommitTiming timing = new CommitTiming(2 * MILLI, 25 * MILLI, 256 << 10);

  @ParameterizedTest
  @CsvSource({
    "0,      2, 256", // not known yet
    "0.1,    2, 256", // an SSD
    "2,      2, 256",
    "6,      6, 768", // a spinning disk
    "8,      8, 1024",
    "1000,  25, 3200", // ends earlier, when it is full
  })
  void theSlowerTheDiskTheLongerACommitGathers(
      double diskMillis, long ageMillis, long enoughKibibytes) {
    long nanos = (long) (diskMillis * MILLI);
    assertEquals(ageMillis * MILLI, timing.ageMax(nanos));
    assertEquals(enoughKibibytes << 10, timing.bytesEnough(nanos));
  }
}
