package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiskTest {
  /** Syncs that end when the test says so. */
  private static final class Syncs implements Storage {
    final List<Long> tickets = new ArrayList<>();
    final List<long[]> ends = new ArrayList<>();

    @Override
    public long sizeBytes() {
      return 1 << 20;
    }

    @Override
    public void read(long offset, MemorySegment into, long ticket) {}

    @Override
    public void write(long offset, MemorySegment from, long ticket) {}

    @Override
    public void sync(long ticket) {
      tickets.add(ticket);
    }

    void end(int sync, int errno) {
      ends.add(new long[] {tickets.get(sync), errno});
    }

    @Override
    public void drain(Completions sink) {
      List<long[]> all = List.copyOf(ends);
      ends.clear();
      all.forEach(end -> sink.completed(end[0], (int) end[1]));
    }
  }

  private final Syncs storage = new Syncs();
  private final Health health = new Health();
  private final Disk disk = new Disk(storage, health);
  private final List<String> told = new ArrayList<>();

  private void sync(String name) {
    disk.sync(errno -> told.add(name + errno));
  }

  @Test
  void noSyncEndsWellBeforeAnEarlierOneThatFails() {
    sync("first ");
    sync("second ");
    storage.end(1, 0);
    disk.drain();
    assertEquals(List.of(), told, "the kernel tells an error once: the second may be good by luck");
    storage.end(0, Errno.EIO);
    disk.drain();
    assertEquals(List.of("first 5", "second 5"), told);
    assertTrue(health.stopped());
    assertTrue(disk.idle());
  }

  @Test
  void noSyncEndsWellAfterALaterOneThatHasFailed() {
    sync("first ");
    sync("second ");
    storage.end(1, Errno.EIO);
    storage.end(0, 0);
    disk.drain();
    assertEquals(List.of("first 5", "second 5"), told, "the error was told to the second");
    assertTrue(health.stopped());
  }

  @Test
  void manySyncsEndInTheirOrder() {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      sync(i + ": ");
      expected.add(i + ": 0");
    }
    for (int i = 19; i >= 0; i--) {
      storage.end(i, 0);
    }
    disk.drain();
    assertEquals(expected, told);
    assertTrue(disk.idle());
  }
}
