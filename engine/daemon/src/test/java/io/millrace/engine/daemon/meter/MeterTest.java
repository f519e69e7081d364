package io.millrace.engine.daemon.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.daemon.SystemClock;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MeterTest {
  private final Meter meter = new Meter();

  @Test
  void countsWhatEndedWellAndWhatDidNotAndHowLongItTook() {
    meter.begins();
    meter.begins();
    meter.begins();
    meter.ends(4096, 0, 150_000);
    meter.ends(4096, 5, 90_000_000);
    Reading read = meter.read("write");
    assertEquals(2, read.count());
    assertEquals(1, read.errors());
    assertEquals(4096, read.bytes());
    assertEquals(1, read.inFlight());
    assertEquals(90_150_000, read.nanos());
    assertEquals(90_000.0, (double) read.micros().getValueAtPercentile(100), 90_000 / 16.0);
    assertEquals(150.0, (double) read.micros().getValueAtPercentile(50), 150 / 16.0);
  }

  @Test
  void whatTakesLongerThanAMinuteOrNoTimeIsCountedAllTheSame() {
    meter.ends(0, 0, Long.MAX_VALUE / 2);
    meter.ends(0, 0, -5);
    assertEquals(2, meter.read("flush").micros().getTotalCount());
  }

  @Test
  void aReadingDoesNotChangeAnyMore() {
    meter.ends(0, 0, 1000);
    Reading read = meter.read("read");
    meter.ends(0, 0, 1000);
    assertEquals(1, read.micros().getTotalCount());
  }

  @Test
  void recordingMakesNoObject() {
    VolumeMeter volume = new Meters(new SystemClock(), new DiskMeter()).of(7);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    record(volume);
    long before = threads.getCurrentThreadAllocatedBytes();
    record(volume);
    long after = threads.getCurrentThreadAllocatedBytes();
    record(volume);
    assertTrue(after - before < 1000, (after - before) + " bytes for 50,000 requests");
    assertEquals(
        List.of(150_000L, 0L, 0L, 0L), volume.read().stream().map(Reading::count).toList());
  }

  private static void record(VolumeMeter volume) {
    for (int i = 0; i < 50_000; i++) {
      volume.begins(RequestKind.READ);
      volume.ends(RequestKind.READ, 4096, 0, i * 1_000L);
    }
  }
}
