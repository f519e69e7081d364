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
    long writeTicket;

    @Override
    public long sizeBytes() {
      return 1 << 20;
    }

    @Override
    public void read(long offset, MemorySegment into, long ticket) {}

    @Override
    public int readNow(long offset, MemorySegment into) {
      return 0;
    }

    @Override
    public void write(long offset, MemorySegment from, long ticket) {
      writeTicket = ticket;
    }

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

  private Disk.Synced named(String name) {
    return new Disk.Synced() {
      @Override
      public void submitted() {
        told.add(name + " out");
      }

      @Override
      public void done(int errno) {
        told.add(name + " " + errno);
      }
    };
  }

  private void end(int sync, int errno) {
    storage.end(sync, errno);
    disk.drain();
  }

  @Test
  void oneSyncIsUnderWayAtATimeAndTheNextServesAllThatAskedMeanwhile() {
    disk.sync(named("first"));
    disk.sync(named("second"));
    disk.sync(named("third"));
    assertEquals(1, storage.tickets.size());
    end(0, 0);
    assertEquals(2, storage.tickets.size());
    assertEquals(List.of("first out", "first 0", "second out", "third out"), told);
    told.clear();
    end(1, 0);
    assertEquals(List.of("second 0", "third 0"), told);
    assertEquals(2, disk.syncs);
    assertTrue(disk.idle());
  }

  @Test
  void aSyncThatWaitedGoesOutAfterAllEndsOfTheDrainAreKnown() {
    disk.sync(named("first"));
    disk.sync(named("second"));
    disk.write(0, MemorySegment.NULL, errno -> told.add("write " + errno));
    storage.end(0, 0);
    storage.ends.add(new long[] {storage.writeTicket, 0});
    disk.drain();
    assertEquals(List.of("first out", "first 0", "write 0", "second out"), told);
  }

  @Test
  void whatIsAskedForWhenASyncEndsIsNotServedByIt() {
    disk.sync(
        errno -> {
          told.add("first " + errno);
          disk.sync(named("second"));
        });
    end(0, 0);
    assertEquals(List.of("first 0", "second out"), told);
    end(1, 0);
    assertEquals(List.of("first 0", "second out", "second 0"), told);
    assertTrue(disk.idle());
  }

  @Test
  void noSyncEndsWellOnceOneHasFailed() {
    disk.sync(named("first"));
    disk.sync(named("second"));
    end(0, Errno.EIO);
    assertTrue(health.stopped());
    end(1, 0);
    disk.sync(named("third"));
    end(2, 0);
    assertEquals(
        List.of("first out", "first 5", "second out", "second 5", "third out", "third 5"), told);
  }
}
