package io.millrace.engine.daemon.reactor;

import io.millrace.engine.core.Answers;
import io.millrace.engine.core.Command;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.ScrubSchedule;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.fuse.FuseConnection;
import io.millrace.engine.daemon.fuse.FuseServer;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.nbd.NbdServer;
import io.millrace.engine.daemon.nbd.OpenByClientsException;
import io.millrace.engine.daemon.qos.VolumeGates;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The owner thread of a store: takes FUSE and NBD requests, ends of disk calls and commands, runs
 * each to completion, and sleeps in epoll when there is nothing.
 *
 * <p>It never waits for anything but epoll. Other threads reach the store only through the methods
 * here that return a future; such a future completes on this thread, so what hangs on it must be
 * short or go elsewhere. If this thread dies, the process ends: nobody else could answer.
 */
public final class Reactor implements Answers {
  /** What this thread is named. */
  public static final String THREAD = "millrace-reactor";

  private static final long WAKE_KEY = 0;

  /** Tags of requests of our own; below are NBD's, and below those the slot numbers of FUSE. */
  private static final long FIRST_CONTROL_TAG = 1L << 32;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Store store;
  private final FuseServer fuse;
  private final NbdServer nbd;
  private final VolumeGates gates;
  private final Epoll epoll;
  private final EventFd wake;
  private final Consumer<StoreState> onStateChange;
  private final ConcurrentLinkedQueue<Consumer<Store>> tasks = new ConcurrentLinkedQueue<>();
  private final Map<Long, CompletableFuture<Integer>> requests = new HashMap<>();
  private final Map<Long, CompletableFuture<CommandResult>> commands = new HashMap<>();
  private long nextTag = FIRST_CONTROL_TAG;
  private StoreState lastState = StoreState.RECOVERING;

  /**
   * @param wake the eventfd that the store's disk signals too
   * @param onStateChange called on the reactor thread
   */
  public Reactor(
      Store store,
      Meters meters,
      Epoll epoll,
      FuseServer fuse,
      EventFd wake,
      Consumer<StoreState> onStateChange)
      throws KernelException {
    this.store = store;
    this.epoll = epoll;
    this.fuse = fuse;
    gates = fuse.gates();
    nbd = new NbdServer(store, gates, meters, epoll, fuse::serves);
    this.wake = wake;
    this.onStateChange = onStateChange;
    epoll.add(wake.fd(), WAKE_KEY);
  }

  /** Begins; the end is {@link #close}. */
  public void start() {
    Thread.ofPlatform().name(THREAD).start(this::runOrDie);
  }

  private void runOrDie() {
    try {
      run();
    } catch (Throwable fault) {
      fault.printStackTrace();
      System.err.println("millraced: the reactor has failed; ending, so that a restart recovers");
      Runtime.getRuntime().halt(ExitCode.FAILURE);
    }
  }

  private void run() {
    // A refusal has been reported at the start of the daemon.
    Libc.becomeIoFlusher();
    while (store.state() != StoreState.CLOSED) {
      runTasks();
      gates.beginTurn();
      fuse.serve();
      nbd.serve();
      long waitNanos = store.poll(this);
      nbd.send();
      reportState();
      takeEvents(epoll.await(timeoutMillis(waitNanos)));
    }
    runTasks();
  }

  private int timeoutMillis(long waitNanos) {
    long wait = Math.min(waitNanos, Math.min(fuse.dueIn(), nbd.dueIn()));
    if (wait <= 0 || !tasks.isEmpty()) {
      return 0;
    }
    int patience = nbd.patienceMillis();
    if (wait == Long.MAX_VALUE) {
      return patience;
    }
    return (int) Math.min(wait / NANOS_PER_MILLI + 1, patience < 0 ? 1000 : patience);
  }

  private void takeEvents(int count) {
    for (int i = 0; i < count; i++) {
      long key = epoll.key(i);
      if (key == WAKE_KEY) {
        wake.clear();
      } else if (key >= NbdServer.FIRST_KEY) {
        nbd.ready(key);
      } else {
        fuse.readable(key);
      }
    }
  }

  private void runTasks() {
    for (Consumer<Store> task = tasks.poll(); task != null; task = tasks.poll()) {
      task.accept(store);
    }
  }

  private void reportState() {
    StoreState state = store.state();
    if (state != lastState) {
      lastState = state;
      onStateChange.accept(state);
    }
  }

  @Override
  public void answered(long tag, int errno) {
    if (tag < NbdServer.FIRST_TAG) {
      fuse.answered(tag, errno);
      return;
    }
    if (tag < FIRST_CONTROL_TAG) {
      nbd.answered(tag, errno);
      return;
    }
    CompletableFuture<Integer> request = requests.remove(tag);
    if (request != null) {
      request.complete(errno);
    }
  }

  @Override
  public void commanded(long tag, CommandResult result) {
    CompletableFuture<CommandResult> command = commands.remove(tag);
    if (command != null) {
      command.complete(result);
    }
  }

  /** Looks at the store. Any thread. */
  public <T> CompletableFuture<T> ask(Function<Store, T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    submit(
        s -> {
          try {
            answer.complete(question.apply(s));
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  /** Changes the catalog. Any thread. */
  public CompletableFuture<CommandResult> command(Command command) {
    CompletableFuture<CommandResult> result = new CompletableFuture<>();
    submit(
        s -> {
          long tag = nextTag++;
          commands.put(tag, result);
          s.command(command, tag);
        });
    return result;
  }

  /** Sets how fast and how often the store is scrubbed. Any thread. */
  public CompletableFuture<Void> scrub(ScrubSchedule schedule) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    submit(
        s -> {
          s.scrub(schedule);
          done.complete(null);
        });
    return done;
  }

  /** Makes all writes answered so far durable; gives an errno. Any thread. */
  public CompletableFuture<Integer> flush(long volumeId) {
    return request((s, tag) -> s.flush(volumeId, tag));
  }

  /** Flushes, checkpoints, and ends the reactor. Any thread. */
  public CompletableFuture<Integer> close() {
    return request(Store::close);
  }

  /**
   * Begins to serve an attached volume, unless NBD clients may write to it: {@link
   * OpenByClientsException}. Any thread.
   */
  public CompletableFuture<Void> connect(FuseConnection connection) {
    return attempt(
        () -> {
          int writers = nbd.writers(connection.volumeId());
          if (writers > 0) {
            throw new OpenByClientsException(writers);
          }
          fuse.add(connection);
        });
  }

  /** Lets NBD clients in, so many at a time. Any thread. */
  public CompletableFuture<Void> admitNbd(int clientsMax) {
    return attempt(() -> nbd.admit(clientsMax));
  }

  /** Begins to accept NBD clients on a socket that is bound. Any thread. */
  public CompletableFuture<Void> listenNbd(int fd) {
    return attempt(() -> nbd.listen(fd));
  }

  /** Serves an NBD client that has come through TLS. Any thread. */
  public CompletableFuture<Void> adoptNbd(int fd) {
    return attempt(() -> nbd.adopt(fd));
  }

  /** Accepts no NBD clients any more. Any thread. */
  public CompletableFuture<Void> stopNbd() {
    return attempt(nbd::stop);
  }

  /** How many NBD clients have a volume or snapshot open. Any thread. */
  public CompletableFuture<Integer> nbdClients(long id) {
    return ask(_ -> nbd.users(id));
  }

  private CompletableFuture<Void> attempt(Attempt attempt) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    submit(
        _ -> {
          try {
            attempt.run();
            done.complete(null);
          } catch (IOException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  /** Ends serving; done when no request of the volume is under way. Any thread. */
  public CompletableFuture<Void> disconnect(FuseConnection connection) {
    submit(s -> fuse.remove(connection));
    return connection.closed();
  }

  /** The file of an attached volume has a new size. Any thread. */
  public CompletableFuture<Void> resized(long volumeId, long sizeBytes) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    submit(
        s -> {
          fuse.resize(volumeId, sizeBytes);
          done.complete(null);
        });
    return done;
  }

  private CompletableFuture<Integer> request(Request request) {
    CompletableFuture<Integer> result = new CompletableFuture<>();
    submit(
        s -> {
          long tag = nextTag++;
          requests.put(tag, result);
          request.send(s, tag);
        });
    return result;
  }

  private void submit(Consumer<Store> task) {
    tasks.add(task);
    wake.signal();
  }

  /** Something that the kernel, or a client, may refuse. */
  private interface Attempt {
    void run() throws IOException;
  }

  /** A call of the store that will be answered by an errno. */
  private interface Request {
    void send(Store store, long tag);
  }
}
