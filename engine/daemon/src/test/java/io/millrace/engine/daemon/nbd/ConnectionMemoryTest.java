package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Room for requests, which is used again without a new object. */
final class ConnectionMemoryTest {
  @Test
  void lengthsThatTakeTurnsInAUnitMakeNoObjects() throws IOException {
    ConnectionMemory memory = new ConnectionMemory();
    int[] lengths = {4096, 8192, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10};
    MemorySegment[] first = new MemorySegment[lengths.length];
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < lengths.length; i++) {
        int unit = memory.takeUnits(ConnectionMemory.unitsFor(lengths[i]));
        MemorySegment view = memory.data(unit, lengths[i]);
        assertEquals(lengths[i], view.byteSize());
        assertEquals(memory.address() + memory.dataAt(unit), view.address());
        first[i] = round == 0 ? view : first[i];
        assertSame(first[i], view, lengths[i] + " bytes");
        memory.giveUnits(unit, ConnectionMemory.unitsFor(lengths[i]));
      }
    }
    assertTrue(memory.isIdle());
  }
}
