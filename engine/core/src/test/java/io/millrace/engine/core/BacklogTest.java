package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As much is staged as the disk takes in 50 ms, as it was seen to. */
class BacklogTest {
  private static final long MIB = 1 << 20;
  private static final long LARGE = 256 << 10;
  private static final long MILLI = 1_000_000;

  @ParameterizedTest
  @CsvSource({
    "0, 2.0", // not known yet
    "1, 2.0", // a commit must be able to grow
    "40, 2.0",
    "125, 6.25",
    "600, 30.0",
    "5000, 32.0", // memory
  })
  void whatTheDiskTakesInFiftyMillisMayBeStaged(long mibPerSecond, double mibStaged) {
    Backlog backlog = new Backlog(50 * MILLI, 2 * MIB, 32 * MIB);
    assertEquals((long) (mibStaged * MIB), backlog.bytes(mibPerSecond * MIB));
  }

  @ParameterizedTest
  @CsvSource({
    // KiB staged, KiB left of 2000, weight, weight of all, has its share
    "0, 0, 100, 100, false", // everybody may stage something
    "4, 0, 100, 100, true",
    "800, 100, 100, 100, false",
    "804, 100, 100, 100, true",
    "404, 100, 50, 150, true",
    "800, 100, 1, 1, false", // alone, however light
    "804, 100, 1, 1, true",
    "1600, 100, 200, 200, false",
    "250, 500, 100, 800, false", // one of eight
    "254, 500, 100, 800, true",
    "500, 500, 200, 800, false",
    "4, 500, 1, 800, true",
  })
  void whoHasStagedMuchLeavesWhatIsLeftToOthers(
      long staged, long left, int weight, long weights, boolean has) {
    assertEquals(has, Backlog.hasItsShare(staged << 10, 2000 << 10, left << 10, weight, weights));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 100, true, 100", // the first window is all that is known
    "0, 100, false, 100",
    "100, 200, true, 125",
    "200, 100, true, 175",
    "100, 200, false, 125",
    "200, 100, false, 200", // small pieces don't tell that it is slower
  })
  void aWindowChangesWhatIsKnownByAQuarter(long before, long seen, boolean large, long after) {
    assertEquals(after * MIB, Throughput.next(before * MIB, seen * MIB / 10, 100 * MILLI, large));
  }

  @Test
  void timeWithoutWorkDoesNotCount() {
    Throughput throughput = new Throughput(50 * MILLI, LARGE);
    long now = 0;
    long bytes = 0;
    for (int i = 0; i < 100; i++) {
      throughput.look(now, bytes, i, true);
      now += 10 * MILLI;
      bytes += MIB;
      throughput.look(now, bytes, i + 1, false);
      now += 1000 * MILLI;
    }
    assertEquals(100 * MIB, throughput.bytesPerSecond());
  }

  @Test
  void aDiskThatGetsSlowerIsNoticedWithinASecond() {
    Throughput throughput = new Throughput(50 * MILLI, LARGE);
    long bytes = 0;
    long now = 0;
    for (long megabytes : new long[] {600, 100}) {
      for (int i = 0; i < 100; i++) {
        bytes += megabytes * MIB / 100;
        now += 10 * MILLI;
        throughput.look(now, bytes, bytes / MIB, true);
      }
    }
    assertTrue(throughput.bytesPerSecond() < 110 * MIB, "it was " + throughput.bytesPerSecond());
  }

  @Test
  void aDiskThatHangsForMinutesIsNotThoughtToBeSlowAfterwards() {
    Throughput throughput = new Throughput(50 * MILLI, LARGE);
    long bytes = 0;
    long now = 0;
    for (int i = 0; i < 100; i++) {
      bytes += MIB;
      now += 10 * MILLI;
      throughput.look(now, bytes, bytes / MIB, true);
    }
    for (int i = 0; i < 120_000; i++) {
      now += MILLI;
      throughput.look(now, bytes, bytes / MIB, true);
    }
    throughput.look(now, bytes + MIB, bytes / MIB + 1, false);
    assertEquals(75 * MIB, (double) throughput.bytesPerSecond(), 5.0 * MIB);
    assertEquals(30_000 * MILLI, (double) throughput.nanosPerPiece(), 100.0 * MILLI);
  }

  @Test
  void whatOnePieceTakesIsSeenToo() {
    Throughput throughput = new Throughput(50 * MILLI, LARGE);
    for (int i = 0; i < 400; i++) {
      throughput.look(i * MILLI, i * MIB / 4, i / 4, true);
    }
    assertEquals(4 * MILLI, (double) throughput.nanosPerPiece(), 0.3 * MILLI);
  }
}
