package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clones that read the same blocks of their image at the same time. */
class SharedReadTest {
  private static final int BLOCK = 4096;
  private final Bench bench = Bench.ofSegments(64);
  private long first;
  private long second;

  @BeforeEach
  void twoClonesOfAnImageThatIsNotInMemory() {
    long image = bench.volume("image", 1 << 20);
    for (int block = 0; block < 40; block++) {
      bench.fill(image, block, 1, block + 1);
    }
    long snapshot = bench.snapshot("golden", image);
    first = bench.clone("first", snapshot);
    second = bench.clone("second", snapshot);
    bench.closeAndOpen();
    warmMaps();
    bench.disk.bytesRead = 0;
  }

  /** What maps are read for is no part of what is counted. */
  private void warmMaps() {
    assertEquals(40, bench.valueAt(first, 39));
    assertEquals(40, bench.valueAt(second, 39));
  }

  @Test
  void aBlockThatIsBeingReadIsNotReadAgain() {
    Read one = new Read(first, 0, 8);
    Read two = new Read(second, 0, 8);
    one.ends(0);
    two.ends(0);
    assertEquals(8 * BLOCK, bench.disk.bytesRead);
  }

  @Test
  void whatLiesAroundItIsReadOnceToo() {
    Read middle = new Read(first, 10, 5);
    Read all = new Read(second, 5, 20);
    Read rest = new Read(first, 20, 10);
    rest.ends(0);
    all.ends(0);
    middle.ends(0);
    assertEquals(25 * BLOCK, bench.disk.bytesRead);
  }

  @Test
  void manyMayFollowOne() {
    Read[] crowd = new Read[30];
    for (int i = 0; i < crowd.length; i++) {
      crowd[i] = new Read(i % 2 == 0 ? first : second, i % 3, 8);
    }
    for (Read read : crowd) {
      read.ends(0);
    }
    assertEquals(10 * BLOCK, bench.disk.bytesRead);
  }

  @Test
  void aBadBlockIsAnErrorForAllThatAskForIt() {
    bench.disk.makeBad(bench.pageFilledWith(4));
    Read one = new Read(first, 3, 1);
    Read two = new Read(second, 0, 8);
    one.ends(Errno.EIO);
    two.ends(Errno.EIO);
    assertEquals(6, bench.valueAt(second, 5));
  }

  @Test
  void whoFollowsReadsForItselfWhatWentWrongOnce() {
    bench.disk.misreadOnce(bench.pageFilledWith(4));
    Read one = new Read(first, 3, 1);
    Read two = new Read(second, 3, 1);
    one.ends(Errno.EIO);
    two.ends(0);
  }

  @Test
  void withoutACacheEachReadsForItself() {
    bench.options(StoreOptions.small().withCacheBytes(0));
    bench.closeAndOpen();
    warmMaps();
    bench.disk.bytesRead = 0;
    Read one = new Read(first, 0, 8);
    Read two = new Read(second, 0, 8);
    one.ends(0);
    two.ends(0);
    assertEquals(16 * BLOCK, bench.disk.bytesRead);
  }

  /** One that was asked for. */
  private final class Read {
    private final int block;
    private final MemorySegment into;
    private final long tag;

    Read(long volume, int block, int blocks) {
      this.block = block;
      into = bench.bytes(new byte[blocks * BLOCK]);
      tag = bench.submit(t -> bench.store().read(volume, (long) block * BLOCK, into, t));
    }

    void ends(int errno) {
      assertEquals(errno, bench.errno(tag));
      for (long at = 0; errno == 0 && at < into.byteSize(); at++) {
        assertEquals(block + 1 + at / BLOCK, into.get(ValueLayout.JAVA_BYTE, at));
      }
    }
  }
}
