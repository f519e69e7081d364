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
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** On a real file with direct I/O. */
@ParameterizedClass
@EnumSource(names = {"IO_URING", "THREADS"})
final class FileStorageTest {
  private static final int PAGE = 4096;
  private static final long SILENCE_NANOS = 5_000_000_000L;

  @Parameter DiskSubmission submission = DiskSubmission.AUTO;

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
    storage = FileStorage.open(file, wake, submission, 4);
  }

  @AfterEach
  void close() {
    storage.close();
    epoll.close();
    wake.close();
    arena.close();
  }

  private void awaitEnds(int count) {
    storage.submit();
    long deadline = System.nanoTime() + SILENCE_NANOS;
    while (ends.size() < count) {
      // Less than a key may mean that the kernel had to do with an end: see Uring.
      epoll.await(5000);
      wake.clear();
      storage.drain(ends::put);
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no disk call ended in 5 s; so far " + ends);
      }
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
        assertThrows(StoreInUseException.class, () -> FileStorage.open(file, wake, submission, 1));
    assertEquals(
        file + " is in use by another process (it holds the lock); stop that one first",
        refusal.getMessage());
    storage.close();
    storage = FileStorage.open(file, wake, submission, 1);
  }
}
