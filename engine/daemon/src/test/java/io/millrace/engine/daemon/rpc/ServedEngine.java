package io.millrace.engine.daemon.rpc;

import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.fuse.FuseServer;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.qos.VolumeGates;
import io.millrace.engine.daemon.reactor.Reactor;
import io.millrace.engine.daemon.storage.DiskSubmission;
import io.millrace.engine.daemon.storage.FileStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** An engine on a store that it has recovered; what was attached is not attached again yet. */
final class ServedEngine implements AutoCloseable {
  private final FileStorage storage;
  final Reactor reactor;
  final Engine engine;

  ServedEngine(Path file) throws IOException {
    EventFd wake = new EventFd();
    Epoll epoll = new Epoll();
    storage = FileStorage.open(file, wake, DiskSubmission.AUTO, 2);
    Store store = Store.open(storage, new SystemClock(), StoreOptions.defaults());
    CompletableFuture<StoreState> recovered = new CompletableFuture<>();
    Meters meters = new Meters(new SystemClock(), storage.meter());
    VolumeGates gates = new VolumeGates(store, new SystemClock());
    FuseServer fuse = new FuseServer(store, gates, meters, epoll, 16);
    reactor = new Reactor(store, meters, epoll, fuse, wake, recovered::complete);
    reactor.start();
    engine = new Engine(reactor, meters, file.toString());
    if (recovered.join() != StoreState.SERVING) {
      throw new AssertionError("it does not serve");
    }
  }

  /** In order, everything on the disk. */
  @Override
  public void close() {
    int errno = reactor.close().join();
    storage.close();
    if (errno != 0) {
      throw new AssertionError("closing it failed with errno " + errno);
    }
  }
}
