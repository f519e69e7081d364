package io.millrace.engine.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class RequestPoolTest {
  @Test
  void dataOfEverySlotArePageAlignedAndApart() throws Exception {
    RequestPool pool = new RequestPool(4, 2);
    long end = 0;
    for (int small = 0; small < 4; small++) {
      assertEquals(0, pool.smallData(small, 4096).address() % 4096);
      assertEquals(RequestPool.HEADER_BYTES, pool.smallDataAt(small) - Math.max(end, 4096));
      end = pool.smallDataAt(small) + RequestPool.SMALL_DATA_BYTES;
    }
    for (int big = 0; big < 2; big++) {
      assertEquals(0, pool.bigData(big, 4096).address() % 4096);
      assertEquals(RequestPool.HEADER_BYTES, pool.bigDataAt(big) - end);
      end = pool.bigDataAt(big) + RequestPool.BIG_DATA_BYTES;
    }
    assertEquals(pool.memory().byteSize(), end);
  }

  @Test
  void runsOutAndTakesBack() throws Exception {
    RequestPool pool = new RequestPool(1, 1);
    int only = pool.takeSmall();
    assertEquals(RequestPool.NONE, pool.takeSmall());
    pool.giveSmall(only);
    assertEquals(only, pool.takeSmall());
    assertEquals(0, pool.takeBig());
    assertEquals(RequestPool.NONE, pool.takeBig());
  }

  @Test
  void givesTheSameViewForTheSameLength() throws Exception {
    RequestPool pool = new RequestPool(2, 1);
    MemorySegment first = pool.smallData(1, 512);
    assertSame(first, pool.smallData(1, 512));
    assertEquals(512, first.byteSize());
  }
}
