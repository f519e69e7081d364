package io.millrace.csi.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoomTest {
  private static final long MIB = 1L << 20;

  @ParameterizedTest(name = "{0} MiB wanted, {1} MiB free: {2}")
  @CsvSource({
    "10,      10, true",
    "10,       9, false",
    "64,      64, true",
    "1000000, 64, true",
    "1000000, 63, false",
    "1,        0, false",
  })
  void whatTheSchedulerIsToldIsWhatIsGranted(long wanted, long free, boolean granted) {
    assertEquals(granted, isGranted(wanted * MIB, free * MIB));
    assertEquals(granted, wanted * MIB <= Room.largestVolumeBytes(free * MIB));
  }

  private static boolean isGranted(long wantedBytes, long freeBytes) {
    try {
      Room.require("store", "volume", wantedBytes, freeBytes);
      return true;
    } catch (CsiFailure e) {
      assertEquals(CsiFailure.Kind.RESOURCE_EXHAUSTED, e.kind());
      return false;
    }
  }
}
