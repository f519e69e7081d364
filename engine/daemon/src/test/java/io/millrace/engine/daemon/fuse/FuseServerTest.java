package io.millrace.engine.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.qos.VolumeGates;
import io.millrace.engine.daemon.storage.DiskSubmission;
import io.millrace.engine.daemon.storage.FileStorage;
import io.millrace.engine.daemon.storage.Preparation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pipe in the kernel's place: requests come out of it, and it takes answers, or does not. */
final class FuseServerTest {
  private static final String GETATTR =
      "28000000 03000000 0500000000000000 0200000000000000 00000000 00000000 00000000 00000000";

  @TempDir Path folder = Path.of("");
  private FileStorage storage;
  private Epoll epoll;
  private FuseServer server;
  private String pipe = "";

  @BeforeEach
  void start() throws Exception {
    Path file = folder.resolve("store");
    Preparation.sparse(file, 64 << 20);
    storage = FileStorage.open(file, new EventFd(), DiskSubmission.AUTO, 1);
    epoll = new Epoll();
    Store store = Store.open(storage, new SystemClock(), StoreOptions.defaults());
    server =
        new FuseServer(
            store,
            new VolumeGates(store, new SystemClock()),
            new Meters(new SystemClock(), storage.meter()),
            epoll,
            16);
    pipe = folder.resolve("pipe").toString();
    assertEquals(0, new ProcessBuilder("mkfifo", pipe).start().waitFor());
  }

  @AfterEach
  void stop() {
    storage.close();
    epoll.close();
  }

  private static void request(int fd) {
    byte[] bytes = HexFormat.of().parseHex(GETATTR.replace(" ", ""));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      assertEquals(bytes.length, Libc.write(fd, memory.address(), bytes.length));
    }
  }

  @Test
  void aConnectionThatTakesNoAnswerIsEndedSoThatNobodyWaitsForEver() throws Exception {
    int reader = Libc.open(pipe, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
    int writer = Libc.open(pipe, Libc.O_RDWR | Libc.O_CLOEXEC);
    // Opened for reading only: a write of the answer is refused with EBADF.
    var connection = new FuseConnection(reader, 1, "file", 1 << 20, false);
    server.add(connection);
    request(writer);
    server.gates().beginTurn();
    server.serve();
    assertTrue(connection.closed().isDone(), "closing it makes the kernel fail what waits");
    assertEquals(Long.MAX_VALUE, server.dueIn());
    Libc.close(writer);
  }

  @Test
  void oneThatEpollRefusesCanBeRemoved() throws Exception {
    int file = Libc.open(folder.resolve("store").toString(), Libc.O_RDONLY | Libc.O_CLOEXEC);
    var connection = new FuseConnection(file, 1, "file", 1 << 20, false);
    assertThrows(KernelException.class, () -> server.add(connection));
    server.remove(connection);
    assertTrue(connection.closed().isDone());
    assertFalse(server.serves(1));
  }
}
