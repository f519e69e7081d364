package io.millrace.engine.daemon.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real file with direct I/O. */
final class FileStorageTest {
  private static final int PAGE = 4096;

  @TempDir Path folder = Path.of("");
  private final Arena arena = Arena.ofShared();
  private final Map<Long, Integer> ends = new HashMap<>();
  private EventFd wake;
  private Epoll epoll;
  private FileStorage storage;

  @BeforeEach
  void open() throws Exception {
    Path file = folder.resolve("store");
    Preparation.sparse(file, 1 << 20);
    wake = new EventFd();
    epoll = new Epoll();
    epoll.add(wake.fd(), 0);
    storage = FileStorage.open(file, wake, 4);
  }

  @AfterEach
  void close() {
    storage.close();
    epoll.close();
    wake.close();
    arena.close();
  }

  private void awaitEnds(int count) {
    while (ends.size() < count) {
      if (epoll.await(5000) == 0) {
        throw new AssertionError("no disk call ended in 5 s; so far " + ends);
      }
      wake.clear();
      storage.drain(ends::put);
    }
  }

  private MemorySegment page(int fill) {
    return arena.allocate(PAGE, PAGE).fill((byte) fill);
  }

  @Test
  void whatWasWrittenAndSyncedIsRead() {
    for (int i = 0; i < 64; i++) {
      storage.write((long) i * PAGE, page(i + 1), i);
    }
    awaitEnds(64);
    storage.sync(100);
    awaitEnds(65);
    MemorySegment all = arena.allocate(64L * PAGE, PAGE);
    storage.read(0, all, 101);
    awaitEnds(66);
    assertEquals(1, ends.values().stream().distinct().count());
    assertEquals(0, ends.get(101L));
    for (int i = 0; i < 64; i++) {
      assertEquals(-1, all.asSlice((long) i * PAGE, PAGE).mismatch(page(i + 1)));
    }
  }

  @Test
  void aReadBeyondTheEndIsAnErrorNotShort() {
    storage.read((1 << 20) - PAGE, arena.allocate(2L * PAGE, PAGE), 1);
    awaitEnds(1);
    assertEquals(5, ends.get(1L));
  }

  @Test
  void memoryThatIsNotAlignedIsRefusedByTheKernel() {
    storage.write(0, arena.allocate(2L * PAGE, PAGE).asSlice(8, PAGE), 1);
    awaitEnds(1);
    assertEquals(22, ends.get(1L));
  }

  @Test
  void aSecondOpeningIsRefusedUntilTheFirstIsClosed() throws Exception {
    Path file = folder.resolve("store");
    StoreInUseException refusal =
        assertThrows(StoreInUseException.class, () -> FileStorage.open(file, wake, 1));
    assertEquals(
        file + " is in use by another process (it holds the lock); stop that one first",
        refusal.getMessage());
    storage.close();
    storage = FileStorage.open(file, wake, 1);
  }
}
