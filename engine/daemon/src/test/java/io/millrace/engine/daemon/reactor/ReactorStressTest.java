package io.millrace.engine.daemon.reactor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.Command;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.fuse.FuseServer;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.qos.VolumeGates;
import io.millrace.engine.daemon.rpc.ServedStore;
import io.millrace.engine.daemon.storage.DiskSubmission;
import io.millrace.engine.daemon.storage.FileStorage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many threads that change and look at one store: each request is answered, to the thread that made
 * it, and a thread sees all that it was told is done.
 */
final class ReactorStressTest {
  private static final int THREADS = 8;
  private static final int REQUESTS = 150;
  private static final long PATIENCE_SECONDS = 60;

  @TempDir Path folder = Path.of("");
  private final long seed = System.nanoTime();

  @Test
  void everyRequestOfEveryThreadIsAnsweredAndItsEffectIsSeen() throws Exception {
    EventFd wake = new EventFd();
    Epoll epoll = new Epoll();
    Path file = ServedStore.format(folder.resolve("store"));
    try (FileStorage storage = FileStorage.open(file, wake, DiskSubmission.AUTO, 3);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      Store store = Store.open(storage, new SystemClock(), StoreOptions.defaults());
      CompletableFuture<StoreState> recovered = new CompletableFuture<>();
      Meters meters = new Meters(new SystemClock(), storage.meter());
      VolumeGates gates = new VolumeGates(store, new SystemClock());
      FuseServer fuse = new FuseServer(store, gates, meters, epoll, 16);
      Reactor reactor = new Reactor(store, meters, epoll, fuse, wake, recovered::complete);
      reactor.start();
      assertEquals(StoreState.SERVING, answer(recovered));
      List<Future<Map<String, Long>>> ends = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int number = i;
        ends.add(threads.submit(() -> work(reactor, number)));
      }
      Map<String, Long> expected = new TreeMap<>();
      for (Future<Map<String, Long>> end : ends) {
        expected.putAll(end.get());
      }
      assertEquals(expected, volumes(reactor, ""), "seed " + seed);
      int closed = answer(reactor.close());
      assertEquals(0, closed);
    }
  }

  /** What one thread does, alone with the volumes of its names; gives what is left of them. */
  private Map<String, Long> work(Reactor reactor, int number) throws Exception {
    SplittableRandom random = new SplittableRandom(seed + number);
    Map<String, Long> mine = new TreeMap<>();
    String prefix = "thread-" + number + "-";
    for (int i = 0; i < REQUESTS; i++) {
      String name = prefix + random.nextInt(4);
      Long id = mine.get(name);
      switch (random.nextInt(4)) {
        case 0 -> assertEquals(mine, volumes(reactor, prefix), "seed " + seed);
        case 1 -> {
          int errno = id == null ? 0 : answer(reactor.flush(id));
          assertEquals(0, errno, "seed " + seed);
        }
        default -> {
          if (id == null) {
            mine.put(name, create(reactor, name));
          } else {
            CommandResult gone = answer(reactor.command(new Command.DeleteVolume(id)));
            assertEquals(new CommandResult.Gone(), gone, "seed " + seed);
            mine.remove(name);
          }
        }
      }
    }
    return mine;
  }

  private long create(Reactor reactor, String name) throws Exception {
    CommandResult result = answer(reactor.command(Command.CreateVolume.empty(name, 1 << 20)));
    return switch (result) {
      case CommandResult.VolumeDone done -> {
        assertEquals(name, done.volume().name(), "another's answer; seed " + seed);
        yield done.volume().id();
      }
      case CommandResult other -> throw new AssertionError(other + "; seed " + seed);
    };
  }

  private static Map<String, Long> volumes(Reactor reactor, String prefix) throws Exception {
    Map<String, Long> found = new TreeMap<>();
    for (Catalog.Volume volume : answer(reactor.ask(Store::catalog)).volumes()) {
      if (volume.name().startsWith(prefix)) {
        found.put(volume.name(), volume.id());
      }
    }
    return found;
  }

  private static <T> T answer(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
