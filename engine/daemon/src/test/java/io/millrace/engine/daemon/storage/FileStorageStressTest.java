package io.millrace.engine.daemon.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.core.Storage;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The hand-over between the owner and the threads that call the disk: each call ends once, with its
 * own bytes, and the owner, who sleeps when it has nothing to do, is always woken.
 */
final class FileStorageStressTest implements Storage.Completions {
  private static final int PAGE = 4096;
  private static final int PAGES = 256;
  private static final int FLYING_MAX = 48;
  private static final int CALLS = 40_000;
  private static final int SILENCE_MILLIS = 60_000;

  /** A place in memory, and the call that uses it. */
  private static final class Slot {
    final MemorySegment memory;
    int page = -1;
    long version;
    boolean reads;
    boolean flies;

    Slot(MemorySegment memory) {
      this.memory = memory;
    }
  }

  @TempDir Path folder = Path.of("");
  private final long seed = System.nanoTime();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final List<Slot> slots = new ArrayList<>();
  private final long[] versions = new long[PAGES];
  private final int[] flyingOn = new int[PAGES];
  private int flying;
  private int ended;

  @ParameterizedTest
  @EnumSource(names = {"IO_URING", "THREADS"})
  void everyCallEndsOnceWithItsOwnBytesAndTheOwnerIsWoken(DiskSubmission submission)
      throws Exception {
    Path file = folder.resolve("store");
    Preparation.sparse(file, (long) PAGES * PAGE);
    try (Arena arena = Arena.ofShared();
        EventFd wake = new EventFd();
        Epoll epoll = new Epoll();
        FileStorage storage = FileStorage.open(file, wake, submission, 6)) {
      epoll.add(wake.fd(), 0);
      for (int i = 0; i < FLYING_MAX; i++) {
        slots.add(new Slot(arena.allocate(PAGE, PAGE)));
      }
      int begun = 0;
      while (ended < CALLS) {
        int wanted = random.nextInt(FLYING_MAX + 1);
        while (begun < CALLS && flying < wanted) {
          begin(storage);
          begun++;
        }
        if (flying > 0 && random.nextBoolean()) {
          storage.submit();
          long before = System.nanoTime();
          epoll.await(SILENCE_MILLIS);
          long millis = (System.nanoTime() - before) / 1_000_000;
          assertTrue(millis < SILENCE_MILLIS, "nobody was woken; seed " + seed);
          wake.clear();
        }
        storage.drain(this);
      }
      assertEquals(0, flying, "seed " + seed);
    }
  }

  private void begin(FileStorage storage) {
    int ticket = 0;
    while (slots.get(ticket).flies) {
      ticket++;
    }
    Slot slot = slots.get(ticket);
    slot.flies = true;
    slot.page = random.nextInt(PAGES);
    flying++;
    // Calls on one page have no order: who comes second syncs instead.
    if (flyingOn[slot.page]++ > 0) {
      slot.reads = false;
      storage.sync(ticket);
      return;
    }
    slot.reads = random.nextBoolean();
    long offset = (long) slot.page * PAGE;
    if (slot.reads) {
      slot.version = versions[slot.page];
      slot.memory.fill((byte) 0xA5);
      storage.read(offset, slot.memory, ticket);
    } else {
      slot.version = ++versions[slot.page];
      stamp(slot.memory, slot.page, slot.version);
      storage.write(offset, slot.memory, ticket);
    }
  }

  @Override
  public void completed(long ticket, int errno) {
    Slot slot = slots.get((int) ticket);
    assertTrue(slot.flies, () -> "call %d ended twice; seed %d".formatted(ticket, seed));
    assertEquals(0, errno, "seed " + seed);
    if (slot.reads) {
      check(slot);
    }
    slot.flies = false;
    flyingOn[slot.page]--;
    flying--;
    ended++;
  }

  private static void stamp(MemorySegment memory, long page, long version) {
    for (long at = 0; at < PAGE; at += 16) {
      memory.set(ValueLayout.JAVA_LONG, at, page);
      memory.set(ValueLayout.JAVA_LONG, at + 8, version);
    }
  }

  private void check(Slot slot) {
    for (long at = 0; at < PAGE; at += 16) {
      long page = slot.version == 0 ? 0 : slot.page;
      assertEquals(page, slot.memory.get(ValueLayout.JAVA_LONG, at), "seed " + seed);
      assertEquals(slot.version, slot.memory.get(ValueLayout.JAVA_LONG, at + 8), "seed " + seed);
    }
  }
}
