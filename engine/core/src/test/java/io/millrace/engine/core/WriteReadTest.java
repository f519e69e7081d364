package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class WriteReadTest {
  private final Bench bench = Bench.ofSegments(64);
  private final long volume = bench.volume("disk", 1 << 20);

  @Test
  void aNewVolumeReadsAsZeros() {
    assertArrayEquals(new byte[8192], bench.read(volume, 4096, 8192));
  }

  @Test
  void whatWasWrittenIsReadAtOnce() {
    assertEquals(0, bench.fill(volume, 3, 2, 7));
    assertEquals(7, bench.valueAt(volume, 4));
    assertEquals(0, bench.valueAt(volume, 5));
  }

  @Test
  void whatIsAskedForByWhoIsAnsweredBeginsAtOnce() {
    bench.fill(volume, 0, 100, 9);
    bench.closeAndOpen();
    MemorySegment into = bench.bytes(new byte[4096]);
    long[] second = {-1};
    bench.whenAnswered(
        () -> second[0] = bench.submit(tag -> bench.store().read(volume, 50 * 4096, into, tag)));
    assertEquals(9, bench.valueAt(volume, 3));
    assertEquals(0, bench.errno(second[0]));
    assertEquals(9, into.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void whatWasWrittenIsReadFromTheDiskToo() {
    bench.fill(volume, 0, 100, 9);
    bench.flush(volume);
    bench.settle();
    for (int block = 0; block < 100; block++) {
      assertEquals(9, bench.valueAt(volume, block));
    }
  }

  @Test
  void aSectorIsWrittenWithoutTouchingItsNeighbours() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.write(volume, 512, new byte[512]);
    byte[] block = bench.read(volume, 0, 4096);
    assertEquals(1, block[511]);
    assertEquals(0, block[512]);
    assertEquals(0, block[1023]);
    assertEquals(1, block[1024]);
  }

  @Test
  void twoWritersOfOneBlockBothWin() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.crashAndOpen();
    var two = bench.bytes(new byte[] {2});
    var sector =
        bench.bytes(new byte[512]).fill(two.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
    long a = bench.submit(tag -> bench.store().write(volume, 0, sector, tag));
    long b = bench.submit(tag -> bench.store().write(volume, 1024, sector, tag));
    assertEquals(0, bench.errno(a));
    assertEquals(0, bench.errno(b));
    byte[] block = bench.read(volume, 0, 4096);
    assertEquals(2, block[0]);
    assertEquals(1, block[512]);
    assertEquals(2, block[1024]);
    assertEquals(1, block[1536]);
  }

  @Test
  void zeroedRangesReadAsZerosAtOnceAndAfterwards() {
    bench.fill(volume, 0, 8, 5);
    assertEquals(0, bench.zero(volume, 512, 3 * 4096));
    byte[] data = bench.read(volume, 0, 16384);
    assertEquals(5, data[511]);
    assertEquals(0, data[512]);
    assertEquals(0, data[512 + 3 * 4096 - 1]);
    assertEquals(5, data[512 + 3 * 4096]);
    bench.flush(volume);
    assertArrayEquals(data, bench.read(volume, 0, 16384));
    bench.crashAndOpen();
    assertArrayEquals(data, bench.read(volume, 0, 16384));
  }

  @Test
  void aSectorWrittenAfterAZeroDoesNotBringOldDataBack() {
    bench.fill(volume, 0, 1, 5);
    bench.flush(volume);
    bench.zero(volume, 0, 4096);
    bench.write(volume, 0, new byte[512]);
    assertEquals(0, bench.valueAt(volume, 0));
    bench.flush(volume);
    assertEquals(0, bench.valueAt(volume, 0));
  }

  @Test
  void requestsBeyondTheEndAreRefused() {
    assertEquals(Errno.EINVAL, bench.fill(volume, 256, 1, 1));
    assertEquals(Errno.EINVAL, bench.zero(volume, 1 << 20, 512));
    assertEquals(Errno.EINVAL, bench.write(volume, 100, new byte[512]));
    assertEquals(Errno.ENOENT, bench.fill(999, 0, 1, 1));
  }
}
