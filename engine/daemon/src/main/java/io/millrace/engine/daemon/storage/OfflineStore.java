package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Answers;
import io.millrace.engine.core.Clock;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.FormatOptions;
import io.millrace.engine.core.Formatting;
import io.millrace.engine.core.StagingMemory;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A store that no daemon serves, driven by the calling thread: to lay it out, to rebuild it, or to
 * change its volumes.
 */
public final class OfflineStore implements AutoCloseable {
  private static final int WORKERS = 4;
  private static final int POLL_MILLIS = 10;
  private static final long CLOSE_TAG = 1;

  private final EventFd wake;
  private final Epoll epoll;
  private final FileStorage storage;
  private final Clock clock;

  private OfflineStore(EventFd wake, Epoll epoll, FileStorage storage, Clock clock) {
    this.wake = wake;
    this.epoll = epoll;
    this.storage = storage;
    this.clock = clock;
  }

  /** Takes the lock of the store, or fails when a daemon serves it. */
  public static OfflineStore open(Path path, Clock clock) throws IOException {
    EventFd wake = new EventFd();
    Epoll epoll = new Epoll();
    epoll.add(wake.fd(), 0);
    return new OfflineStore(
        wake, epoll, FileStorage.open(path, wake, DiskSubmission.AUTO, WORKERS), clock);
  }

  /** Lays out an empty store; gives the reason when that is refused. */
  public Optional<String> format(FormatOptions options) {
    Formatting formatting = Store.format(storage, clock, options);
    formatting.poll();
    while (!formatting.done()) {
      awaitDisk();
      formatting.poll();
    }
    return formatting.failure();
  }

  /** What became of an attempt to open it. */
  public sealed interface Opened {
    /** Its volumes can be changed. */
    record Served(OfflineVolumes volumes) implements Opened {}

    /** It can't be served; the reason names the place. */
    record Refused(String reason) implements Opened {}
  }

  /** Recovers it, and takes what a killed engine has staged. */
  public Opened volumes(StoreOptions options, StagingMemory staging) {
    Store store = Store.open(storage, clock, options, staging);
    pollWhile(store, new Closing(), StoreState.RECOVERING);
    return store.state() == StoreState.SERVING
        ? new Opened.Served(new OfflineVolumes(this, store))
        : new Opened.Refused(store.reason());
  }

  /** Lets the store go on; returns at once when it has something to do. */
  void poll(Store store, Answers answers) {
    if (store.poll(answers) > 0) {
      awaitDisk();
    }
  }

  /** What became of an attempt to make the maps anew. */
  public sealed interface Rebuilt {
    /** They are, and a checkpoint holds them. */
    record Done() implements Rebuilt {}

    /** They could be, but no checkpoint fits; nothing has changed. */
    record NoRoom() implements Rebuilt {}

    /** They can't be, or the disk failed; the reason says which. */
    record Failed(String reason) implements Rebuilt {}
  }

  /** Makes the maps anew, takes what a killed engine has staged, and closes the store in order. */
  public Rebuilt rebuild(StoreOptions options, StagingMemory staging) {
    Store store = Store.rebuild(storage, clock, options, staging);
    Closing closing = new Closing();
    pollWhile(store, closing, StoreState.RECOVERING);
    if (store.state() == StoreState.SERVING) {
      close(store, closing);
    }
    if (store.state() != StoreState.CLOSED || !store.reason().isEmpty()) {
      return new Rebuilt.Failed(store.reason());
    }
    return store.stats().checkpoints() > 0 ? new Rebuilt.Done() : new Rebuilt.NoRoom();
  }

  private void close(Store store, Closing closing) {
    store.close(CLOSE_TAG);
    while (!closing.ended) {
      store.poll(closing);
      awaitDisk();
    }
  }

  private void pollWhile(Store store, Answers answers, StoreState state) {
    store.poll(answers);
    while (store.state() == state) {
      awaitDisk();
      store.poll(answers);
    }
  }

  private void awaitDisk() {
    int ready = epoll.await(POLL_MILLIS);
    if (ready > 0) {
      wake.clear();
    }
  }

  @Override
  public void close() {
    storage.close();
    epoll.close();
    wake.close();
  }

  /** Waits for the end of the closing; nothing else is asked. */
  private static final class Closing implements Answers {
    boolean ended;

    @Override
    public void answered(long tag, int errno) {
      ended = true;
    }

    @Override
    public void commanded(long tag, CommandResult result) {
      throw new IllegalStateException("no command was given");
    }
  }
}
