package io.millrace.engine.daemon.nbd;

import io.millrace.engine.core.Store;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.linux.UnixSocket;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.meter.VolumeMeter;
import io.millrace.engine.daemon.qos.VolumeGates;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Accepts NBD clients, and serves each in its turn: handshakes, requests, answers.
 *
 * <p>Reactor thread only. Each client in transmission has memory of its own, taken when it begins
 * and kept for the next; as many as there may be is how much there is of it at most. The tag of a
 * call to the store tells the client's place and its request.
 */
public final class NbdServer {
  /** Epoll keys from here on are the listener's and the connections'. */
  public static final long FIRST_KEY = 1L << 20;

  /** Tags from here on, to some millions further, are of NBD requests. */
  public static final long FIRST_TAG = 1L << 20;

  /** Of those whose handshake is under way, too. */
  static final int CONNECTIONS_MAX = 512;

  private static final long HANDSHAKE_NANOS = 30_000_000_000L;
  private static final long LOOK_NANOS = 500_000_000L;
  private static final int PATIENCE_MILLIS = 500;
  private static final int ACCEPTS_PER_TURN = 32;
  private static final int REQUESTS_PER_TURN = 64;
  private static final int SCRATCH_BYTES = 16 << 10;
  private static final int NO_LISTENER = -1;

  private final Store store;
  private final VolumeGates gates;
  private final Meters meters;
  private final Epoll epoll;
  private final LongPredicate attached;
  private final Exports exports;
  private final MemorySegment scratch = Arena.ofAuto().allocate(SCRATCH_BYTES, 8);
  private final List<@Nullable NbdConnection> byPlace = new ArrayList<>();
  private final ArrayDeque<NbdConnection> toServe = new ArrayDeque<>();
  private final ArrayDeque<NbdConnection> toSend = new ArrayDeque<>();
  private final ArrayDeque<ConnectionMemory> freeMemory = new ArrayDeque<>();
  private int listener = NO_LISTENER;
  private int clientsMax;
  private int clients;
  private int connections;
  private int handshakes;
  private boolean mayAccept;
  private long lookedNanos;

  /** From within its poll, after it went through what may have become possible. */
  private boolean storeAsked;

  /**
   * @param attached whether a volume has a block device now
   */
  public NbdServer(
      Store store, VolumeGates gates, Meters meters, Epoll epoll, LongPredicate attached) {
    this.store = store;
    this.gates = gates;
    this.meters = meters;
    this.epoll = epoll;
    this.attached = attached;
    lookedNanos = meters.nanos();
    exports = new CatalogExports(store::catalog, attached, this::noRoom);
  }

  /** From now on clients are let in, so many at a time. */
  public void admit(int clientsAtATime) {
    clientsMax = clientsAtATime;
  }

  /** Begins to accept; the descriptor is owned from now on. */
  public void listen(int listening) throws KernelException {
    listener = listening;
    epoll.add(listening, FIRST_KEY);
    UnixSocket.listen(listening);
    mayAccept = true;
  }

  /** A client that has come through TLS; the descriptor is owned from now on. */
  public void adopt(int fd) {
    connect(fd, Negotiation.Security.ENCRYPTED);
  }

  /** How many clients have a volume or snapshot open, or compare with it. */
  public int users(long id) {
    int users = 0;
    for (NbdConnection c : byPlace) {
      Transmission t = c == null ? null : c.transmission();
      if (t != null && uses(t.terms(), id)) {
        users++;
      }
    }
    return users;
  }

  private static boolean uses(Terms terms, long id) {
    return terms.export().id() == id
        || terms.contexts().stream().anyMatch(context -> context.sinceSnapshotId() == id);
  }

  /** How many may write to a volume. */
  public int writers(long volumeId) {
    int writers = 0;
    for (NbdConnection c : byPlace) {
      Transmission t = c == null ? null : c.transmission();
      if (t != null && t.terms().export().id() == volumeId && !t.terms().export().readOnly()) {
        writers++;
      }
    }
    return writers;
  }

  /** Those in their handshake, too; for tests. */
  int connections() {
    return connections;
  }

  /** Whether all memory that there is for clients is free, and free of requests; for tests. */
  boolean isMemoryFree() {
    return clients == 0 && freeMemory.stream().allMatch(ConnectionMemory::isIdle);
  }

  /** Epoll says that there is something for this key. */
  public void ready(long key) {
    if (key == FIRST_KEY) {
      mayAccept = true;
      return;
    }
    NbdConnection ready = byPlace.get((int) (key - FIRST_KEY - 1));
    if (ready != null) {
      ready.readable();
      unblock(ready);
      enqueue(ready);
    }
  }

  private void enqueue(NbdConnection c) {
    if (!c.queued && !c.closed) {
      c.queued = true;
      toServe.add(c);
    }
  }

  /** Accepts, and serves each connection that has something once; within a turn of the gates. */
  public void serve() {
    storeAsked = false;
    if (mayAccept) {
      accept();
    }
    for (int turns = toServe.size(); turns > 0; turns--) {
      NbdConnection next = toServe.poll();
      if (next != null && !next.closed) {
        next.queued = false;
        serve(next);
      }
    }
    if (handshakes > 0) {
      endLateHandshakes();
    }
  }

  /** Sends what was answered meanwhile, of each client together. */
  public void send() {
    for (NbdConnection next = toSend.poll(); next != null; next = toSend.poll()) {
      next.hasAnswers = false;
      Transmission t = next.transmission();
      if (t != null && !next.closed) {
        afterwards(next, t);
      }
    }
  }

  /**
   * Nanoseconds until {@link #serve}, or the store, would find something to do; MAX_VALUE: only on
   * events.
   */
  public long dueIn() {
    long least = storeAsked ? 0 : Long.MAX_VALUE;
    // Once around, which keeps the order: an iterator would be an object per turn.
    for (int left = toServe.size(); left > 0; left--) {
      NbdConnection c = toServe.remove();
      toServe.add(c);
      Transmission t = c.transmission();
      least = Math.min(least, t == null ? 0 : t.dueIn());
    }
    return least;
  }

  /** So long the reactor may sleep; -1: as long as it likes. */
  public int patienceMillis() {
    return handshakes > 0 || mayAccept ? PATIENCE_MILLIS : -1;
  }

  // ---- coming and going

  private void accept() {
    for (int i = 0; i < ACCEPTS_PER_TURN && listener != NO_LISTENER; i++) {
      long fd = UnixSocket.accept(listener);
      if (fd == -Errno.EAGAIN) {
        mayAccept = false;
      }
      if (fd < 0) {
        // For want of descriptors: tried again after a while.
        return;
      }
      connect((int) fd, Negotiation.Security.LOCAL);
    }
  }

  private void connect(int fd, Negotiation.Security security) {
    if (connections >= CONNECTIONS_MAX) {
      Libc.close(fd);
      return;
    }
    int place = byPlace.indexOf(null);
    if (place < 0) {
      place = byPlace.size();
      byPlace.add(null);
    }
    NbdConnection connection =
        new NbdConnection(
            fd,
            place,
            new Negotiation(exports, security),
            scratch,
            meters.nanos() + HANDSHAKE_NANOS);
    try {
      epoll.add(fd, key(connection));
    } catch (KernelException e) {
      Libc.close(fd);
      return;
    }
    byPlace.set(place, connection);
    connections++;
    handshakes++;
    enqueue(connection);
  }

  private static long key(NbdConnection c) {
    return FIRST_KEY + 1 + c.place;
  }

  private Optional<String> noRoom() {
    return clients < clientsMax
        ? Optional.empty()
        : Optional.of(
            clientsMax + " NBD clients are served, more are not let in (--nbd-connections)");
  }

  private void endLateHandshakes() {
    long now = meters.nanos();
    if (now - lookedNanos < LOOK_NANOS) {
      return;
    }
    lookedNanos = now;
    for (int place = 0; place < byPlace.size(); place++) {
      NbdConnection c = byPlace.get(place);
      if (c != null && c.transmission() == null && now - c.deadlineNanos > 0) {
        close(c);
      }
    }
  }

  /** Its place is free when no call of the store is under way for it. */
  private void close(NbdConnection c) {
    if (c.closed) {
      return;
    }
    c.closed = true;
    epoll.remove(c.fd);
    Libc.close(c.fd);
    Transmission t = c.transmission();
    if (t == null) {
      handshakes--;
    } else {
      t.abandon();
    }
    leave(c);
  }

  private void leave(NbdConnection c) {
    Transmission t = c.transmission();
    if (t != null && !t.isIdle()) {
      return;
    }
    if (t != null) {
      t.leaveGate();
      freeMemory.push(t.memory());
      clients--;
    }
    byPlace.set(c.place, null);
    connections--;
  }

  /** Accepts nobody any more; who is there is answered. */
  public void stop() {
    if (listener != NO_LISTENER) {
      epoll.remove(listener);
      Libc.close(listener);
      listener = NO_LISTENER;
      mayAccept = false;
    }
  }

  // ---- serving

  private void serve(NbdConnection c) {
    Transmission t = c.transmission();
    if (t == null) {
      negotiate(c);
      return;
    }
    t.receive(REQUESTS_PER_TURN);
    afterwards(c, t);
  }

  private void negotiate(NbdConnection c) {
    boolean more = c.negotiate();
    Terms terms = c.agreed();
    if (c.isOver()) {
      close(c);
    } else if (terms != null) {
      begin(c, terms);
    } else if (c.blocked) {
      block(c);
    } else if (more) {
      enqueue(c);
    }
  }

  private void begin(NbdConnection c, Terms terms) {
    if (!terms.export().readOnly() && attached.test(terms.export().id())) {
      // It was given a device while the client took its time to be told.
      close(c);
      return;
    }
    if (clients >= clientsMax) {
      // So was the last room, to another.
      close(c);
      return;
    }
    try {
      ConnectionMemory memory = freeMemory.isEmpty() ? new ConnectionMemory() : freeMemory.pop();
      long firstTag = FIRST_TAG + (long) c.place * ConnectionMemory.REQUESTS;
      RequestMeter meter = new RequestMeter(meters, meterOf(terms.export().id()));
      c.begin(new Transmission(store, gates, c.fd, firstTag, terms, memory, meter));
      handshakes--;
      clients++;
      enqueue(c);
    } catch (KernelException e) {
      // There is no memory for it: as if there were no room.
      close(c);
    }
  }

  private VolumeMeter meterOf(long id) {
    boolean snapshot = store.catalog().snapshot(id).isPresent();
    return snapshot ? meters.ofSnapshots() : meters.of(id);
  }

  /** The store has answered the call with this tag. */
  public void answered(long tag, int errno) {
    int number = (int) (tag - FIRST_TAG);
    NbdConnection c = byPlace.get(number / ConnectionMemory.REQUESTS);
    Transmission t = c == null ? null : c.transmission();
    if (c == null || t == null) {
      throw new IllegalStateException("answer to request " + number + " of nobody");
    }
    storeAsked |= t.answered(number % ConnectionMemory.REQUESTS, errno);
    if (c.closed) {
      leave(c);
    } else if (!c.hasAnswers) {
      c.hasAnswers = true;
      toSend.add(c);
    }
  }

  private void afterwards(NbdConnection c, Transmission t) {
    if (!c.blocked && t.hasAnswers() && !t.send()) {
      block(c);
    }
    if (t.isOver()) {
      close(c);
    } else if (t.mayReceive()) {
      enqueue(c);
    }
  }

  private void block(NbdConnection c) {
    c.blocked = true;
    watch(c, true);
  }

  private void unblock(NbdConnection c) {
    if (c.blocked) {
      c.blocked = false;
      watch(c, false);
    }
  }

  private void watch(NbdConnection c, boolean writable) {
    try {
      epoll.alsoWritable(c.fd, key(c), writable);
    } catch (KernelException e) {
      throw new IllegalStateException("epoll refuses a descriptor that it has", e);
    }
  }
}
