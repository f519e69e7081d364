package io.millrace.engine.daemon.fuse;

import io.millrace.engine.core.Store;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.meter.RequestKind;
import io.millrace.engine.daemon.meter.VolumeMeter;
import io.millrace.engine.daemon.qos.VolumeGates;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads FUSE requests of all attached volumes, turns them into calls of the store, and answers.
 *
 * <p>Reactor thread only. A request is known by its small slot, which is also the tag of its call
 * to the store. No object is made per request. Each connection has a share of the slots, so that a
 * volume whose writes wait cannot take the memory of the others. What a volume may not begin yet,
 * by its limits or for the sake of others, stays in the kernel.
 */
public final class FuseServer {
  /** Epoll keys from here on are connections. */
  public static final int FIRST_KEY = 16;

  // FOPEN_DIRECT_IO, FOPEN_NOFLUSH, FOPEN_PARALLEL_DIRECT_WRITES
  private static final int OPEN_FLAGS = 1 | 1 << 5 | 1 << 6;
  private static final int REQUESTS_PER_TURN = 64;
  private static final int REQUESTS_PER_CONNECTION_MIN = 4;

  private final Store store;
  private final VolumeGates gates;
  private final Meters meters;
  private final Epoll epoll;
  private final RequestPool pool;
  private final MemorySegment memory;
  private final int queueDepth;

  private final List<@Nullable FuseConnection> byKey = new ArrayList<>();
  private final ArrayDeque<FuseConnection> toServe = new ArrayDeque<>();
  private int connectionCount;

  /** The big slot that the next request's data beyond the small slot would land in. */
  private int landing;

  // Of the requests under way, by small slot.
  private final @Nullable FuseConnection[] connection;
  private final long[] unique;
  private final int[] opcode;
  private final long[] beganNanos;
  private final long[] ioBytes;
  private final long[] ioOffset;
  private final int[] bigSlot;

  /** Reads that need a big slot while there is none, oldest first. */
  private final SlotQueue waitingForBig;

  /**
   * @param queueDepth requests that the kernel keeps under way per volume
   */
  public FuseServer(Store store, VolumeGates gates, Meters meters, Epoll epoll, int queueDepth)
      throws KernelException {
    this.store = store;
    this.gates = gates;
    this.meters = meters;
    this.epoll = epoll;
    this.queueDepth = queueDepth;
    pool = new RequestPool(512, 32);
    memory = pool.memory();
    landing = pool.takeBig();
    int requests = pool.smallCount();
    connection = new FuseConnection[requests];
    unique = new long[requests];
    opcode = new int[requests];
    beganNanos = new long[requests];
    ioBytes = new long[requests];
    ioOffset = new long[requests];
    bigSlot = new int[requests];
    waitingForBig = new SlotQueue(requests);
  }

  /** Which all fronts share. */
  public VolumeGates gates() {
    return gates;
  }

  /** 0, or the negative errno for which the request memory could not be locked. */
  public long poolLockResult() {
    return pool.lockResult();
  }

  public long poolBytes() {
    return memory.byteSize();
  }

  /** Begins to serve. */
  public void add(FuseConnection added) throws KernelException {
    int place = byKey.indexOf(null);
    if (place < 0) {
      place = byKey.size();
      byKey.add(null);
    }
    int key = FIRST_KEY + place;
    epoll.add(added.fd, key);
    // Only now: one that is refused was never begun with, and holds no gate.
    added.key = key;
    added.meter = meters.of(added.volumeId);
    byKey.set(place, added);
    added.gate = gates.enter(added.volumeId);
    connectionCount++;
    readable(added.key);
  }

  /**
   * Ends serving, also of one that was never begun with; {@link FuseConnection#closed} tells when
   * all is answered.
   */
  public void remove(FuseConnection removed) {
    if (!removed.closing) {
      removed.closing = true;
      if (removed.key >= FIRST_KEY) {
        epoll.remove(removed.fd);
        byKey.set(removed.key - FIRST_KEY, null);
        gates.leave(removed.requireGate());
        connectionCount--;
      }
      closeIfIdle(removed);
    }
  }

  /** The volume has a new size; takes effect with the kernel's next GETATTR. */
  public void resize(long volumeId, long sizeBytes) {
    for (FuseConnection c : byKey) {
      if (c != null && c.volumeId == volumeId) {
        c.sizeBytes = sizeBytes;
      }
    }
  }

  /** Whether a volume has a connection. */
  public boolean serves(long volumeId) {
    for (FuseConnection c : byKey) {
      if (c != null && c.volumeId == volumeId) {
        return true;
      }
    }
    return false;
  }

  /** Epoll says that the connection of this key has something to read. */
  public void readable(long key) {
    FuseConnection ready = byKey.get((int) key - FIRST_KEY);
    if (ready != null) {
      ready.readable = true;
      enqueue(ready);
    }
  }

  /** Serves every connection that has requests once, in turn; within a turn of the gates. */
  public void serve() {
    for (int turns = toServe.size(); turns > 0; turns--) {
      FuseConnection next = toServe.poll();
      if (next == null) {
        return;
      }
      next.queued = false;
      receive(next);
      if (next.readable && !next.closing) {
        enqueue(next);
      }
    }
  }

  /** Nanoseconds until {@link #serve} would find something to do; MAX_VALUE: only on events. */
  public long dueIn() {
    long least = Long.MAX_VALUE;
    // Once around, which keeps the order: an iterator would be an object per turn.
    for (int left = toServe.size(); left > 0; left--) {
      FuseConnection c = toServe.remove();
      toServe.add(c);
      least = mayReceive(c) ? Math.min(least, gates.dueIn(c.requireGate())) : least;
    }
    return least;
  }

  private void enqueue(FuseConnection c) {
    if (!c.queued) {
      c.queued = true;
      toServe.add(c);
    }
  }

  private boolean mayReceive(FuseConnection c) {
    int share = Math.max(REQUESTS_PER_CONNECTION_MIN, pool.smallCount() / connectionCount(1));
    int bigShare = Math.max(1, (pool.bigCount() - 2) / connectionCount(1));
    return !c.closing
        && c.readable
        && landing != RequestPool.NONE
        && pool.hasSmall()
        && c.pendingRequests < share
        && c.heldBigSlots < bigShare;
  }

  private int connectionCount(int atLeast) {
    return Math.max(atLeast, connectionCount);
  }

  private void receive(FuseConnection c) {
    for (int i = 0; i < REQUESTS_PER_TURN && mayReceive(c); i++) {
      if (!gates.admits(c.requireGate())) {
        return;
      }
      int slot = pool.takeSmall();
      long landed = pool.land(c.fd, slot, landing);
      if (landed < FuseWire.REQUEST_BYTES) {
        // Less than a header: nobody could be answered.
        pool.giveSmall(slot);
        readFailed(c, (int) Math.max(0, -landed));
      } else {
        begin(c, slot, landed);
      }
    }
  }

  private void readFailed(FuseConnection c, int errno) {
    switch (errno) {
      case Errno.EAGAIN -> c.readable = false;
      // The request was withdrawn while it was being read: there may be a next one.
      case 0, Errno.EINTR, Errno.ENOENT -> {}
      // The last user of the file system is gone, or the connection was aborted.
      default -> remove(c);
    }
  }

  private void begin(FuseConnection c, int slot, long landed) {
    long at = requestAt(slot);
    connection[slot] = c;
    unique[slot] = FuseWire.unique(memory, at);
    opcode[slot] = FuseWire.opcode(memory, at);
    bigSlot[slot] = RequestPool.NONE;
    c.pendingRequests++;
    meterBegins(c, slot);
    if (landed != FuseWire.length(memory, at) || landed < FuseWire.bytesMin(opcode[slot])) {
      finish(slot, Errno.EIO);
    } else {
      dispatch(c, slot, at);
    }
  }

  private void meterBegins(FuseConnection c, int slot) {
    RequestKind kind = kind(opcode[slot]);
    VolumeMeter meter = c.meter;
    if (kind != null && meter != null) {
      ioBytes[slot] = 0;
      beganNanos[slot] = meters.nanos();
      meter.begins(kind);
    }
  }

  private void meterEnds(int slot, int errno) {
    RequestKind kind = kind(opcode[slot]);
    FuseConnection c = connection[slot];
    VolumeMeter meter = c == null ? null : c.meter;
    if (kind != null && meter != null) {
      meter.ends(kind, ioBytes[slot], errno, meters.nanos() - beganNanos[slot]);
    }
  }

  private static @Nullable RequestKind kind(int opcode) {
    return switch (opcode) {
      case FuseWire.READ -> RequestKind.READ;
      case FuseWire.WRITE -> RequestKind.WRITE;
      case FuseWire.FSYNC -> RequestKind.FLUSH;
      case FuseWire.FALLOCATE -> RequestKind.ZERO;
      default -> null;
    };
  }

  private void dispatch(FuseConnection c, int slot, long at) {
    switch (opcode[slot]) {
      case FuseWire.READ -> beginRead(c, slot, at);
      case FuseWire.WRITE -> beginWrite(c, slot, at);
      case FuseWire.FSYNC -> store.flush(c.volumeId, slot);
      case FuseWire.FALLOCATE -> beginZero(c, slot, at);
      case FuseWire.GETATTR -> attributes(c, slot, at);
      case FuseWire.LOOKUP -> lookup(c, slot, at);
      case FuseWire.OPEN -> open(slot, at);
      case FuseWire.STATFS -> statfs(c, slot);
      case FuseWire.INIT -> init(slot, at);
      case FuseWire.RELEASE, FuseWire.DESTROY -> finish(slot, 0);
      // These have no answer; an interrupted request is simply finished.
      case FuseWire.FORGET, FuseWire.BATCH_FORGET, FuseWire.INTERRUPT -> release(slot);
      // FLUSH among them: a process that closes the file must not have to wait for this one.
      default -> finish(slot, Errno.ENOSYS);
    }
  }

  private void beginRead(FuseConnection c, int slot, long at) {
    long offset = FuseWire.ioOffset(memory, at);
    int asked = FuseWire.ioSize(memory, at);
    int bytes = (int) Math.max(0, Math.min(asked, c.sizeBytes - offset));
    ioOffset[slot] = offset;
    ioBytes[slot] = bytes;
    boolean there = offset >= 0 && asked >= 0 && asked <= RequestPool.BIG_DATA_BYTES;
    if (!there || (offset | bytes) % 512 != 0) {
      finish(slot, Errno.EINVAL);
    } else if (bytes == 0) {
      finish(slot, 0);
    } else if (bytes <= RequestPool.SMALL_DATA_BYTES) {
      gates.begun(c.requireGate(), bytes);
      store.read(c.volumeId, offset, pool.smallData(slot, bytes), slot);
    } else {
      gates.begun(c.requireGate(), bytes);
      beginBigRead(c, slot);
    }
  }

  private void beginBigRead(FuseConnection c, int slot) {
    int big = pool.takeBig();
    if (big == RequestPool.NONE) {
      waitingForBig.add(slot);
      return;
    }
    hold(c, slot, big);
    store.read(c.volumeId, ioOffset[slot], pool.bigData(big, (int) ioBytes[slot]), slot);
  }

  private void beginWrite(FuseConnection c, int slot, long at) {
    long offset = FuseWire.ioOffset(memory, at);
    int bytes = FuseWire.length(memory, at) - FuseWire.IO_BYTES;
    ioBytes[slot] = bytes;
    if (c.readOnly) {
      finish(slot, Errno.EROFS);
    } else if (bytes != FuseWire.ioSize(memory, at) || bytes <= 0 || (offset | bytes) % 512 != 0) {
      finish(slot, Errno.EINVAL);
    } else if (bytes <= RequestPool.SMALL_DATA_BYTES) {
      gates.begun(c.requireGate(), bytes);
      store.write(c.volumeId, offset, pool.smallData(slot, bytes), slot);
    } else {
      gates.begun(c.requireGate(), bytes);
      int big = landing;
      pool.join(slot, big);
      hold(c, slot, big);
      landing = pool.takeBig();
      store.write(c.volumeId, offset, pool.bigData(big, bytes), slot);
    }
  }

  private void hold(FuseConnection c, int slot, int big) {
    bigSlot[slot] = big;
    c.heldBigSlots++;
  }

  private void beginZero(FuseConnection c, int slot, long at) {
    int mode = FuseWire.fallocateMode(memory, at);
    if (c.readOnly) {
      finish(slot, Errno.EROFS);
    } else if (mode != FuseWire.MODE_DISCARD && mode != FuseWire.MODE_ZERO) {
      finish(slot, Errno.EOPNOTSUPP);
    } else {
      gates.begun(c.requireGate(), 0);
      long length = FuseWire.fallocateLength(memory, at);
      ioBytes[slot] = length;
      store.zero(c.volumeId, FuseWire.ioOffset(memory, at), length, slot);
    }
  }

  private void attributes(FuseConnection c, int slot, long at) {
    long node = FuseWire.node(memory, at);
    FuseWire.attributesBody(memory, pool.smallAt(slot), node, c.sizeBytes);
    send(slot, FuseWire.ATTR_ANSWER_BYTES);
  }

  private void lookup(FuseConnection c, int slot, long at) {
    if (!FuseWire.lookupIs(memory, at, c.fileName)) {
      finish(slot, Errno.ENOENT);
      return;
    }
    FuseWire.entryBody(memory, pool.smallAt(slot), FuseWire.FILE_NODE, c.sizeBytes);
    send(slot, FuseWire.ENTRY_ANSWER_BYTES);
  }

  private void open(int slot, long at) {
    if (FuseWire.node(memory, at) != FuseWire.FILE_NODE) {
      finish(slot, Errno.ENOENT);
      return;
    }
    FuseWire.openBody(memory, pool.smallAt(slot), OPEN_FLAGS);
    send(slot, FuseWire.OPEN_ANSWER_BYTES);
  }

  private void statfs(FuseConnection c, int slot) {
    FuseWire.statfsBody(memory, pool.smallAt(slot), c.sizeBytes);
    send(slot, FuseWire.STATFS_ANSWER_BYTES);
  }

  private void init(int slot, long at) {
    if (!FuseWire.initAcceptable(memory, at)) {
      finish(slot, Errno.EOPNOTSUPP);
      return;
    }
    int minor = FuseWire.initMinor(memory, at);
    int offered = FuseWire.initFlags(memory, at);
    int offered2 = FuseWire.initFlags2(memory, at);
    FuseWire.initBody(memory, pool.smallAt(slot), minor, offered, offered2, queueDepth);
    send(slot, FuseWire.INIT_ANSWER_BYTES);
  }

  /** The store has answered the call with this tag. */
  public void answered(long tag, int errno) {
    finish((int) tag, errno);
  }

  private void finish(int slot, int errno) {
    meterEnds(slot, errno);
    if (errno == 0 && opcode[slot] == FuseWire.READ) {
      sendRead(slot);
    } else if (errno == 0 && opcode[slot] == FuseWire.WRITE) {
      FuseWire.writeBody(memory, pool.smallAt(slot), (int) ioBytes[slot]);
      send(slot, FuseWire.WRITE_ANSWER_BYTES);
    } else {
      FuseWire.header(memory, pool.smallAt(slot), 0, errno, unique[slot]);
      transmit(slot, pool.smallAt(slot), FuseWire.ANSWER_BYTES);
    }
  }

  private void sendRead(int slot) {
    int big = bigSlot[slot];
    long data = big == RequestPool.NONE ? pool.smallDataAt(slot) : pool.bigDataAt(big);
    long at = data - FuseWire.ANSWER_BYTES;
    int bytes = (int) ioBytes[slot];
    FuseWire.header(memory, at, bytes, 0, unique[slot]);
    transmit(slot, at, FuseWire.ANSWER_BYTES + bytes);
  }

  /** Sends the body that stands ready in the small slot. */
  private void send(int slot, int bodyBytes) {
    long at = pool.smallAt(slot);
    FuseWire.header(memory, at, bodyBytes, 0, unique[slot]);
    transmit(slot, at, FuseWire.ANSWER_BYTES + bodyBytes);
  }

  private void transmit(int slot, long at, int bytes) {
    FuseConnection c = connection[slot];
    if (c != null && !taken(Libc.write(c.fd, memory.address() + at, bytes))) {
      fail(c, slot);
    }
    release(slot);
  }

  /**
   * Whether nobody waits for the answer any more. ENOENT: the request was withdrawn; ENODEV: the
   * connection is gone.
   */
  private static boolean taken(long written) {
    return written >= 0 || written == -Errno.ENOENT || written == -Errno.ENODEV;
  }

  /**
   * The kernel did not take the answer, and waits for it: for ever, if nothing came. It gets an
   * error; if it does not even take that, the end of the connection, which fails all that wait.
   */
  private void fail(FuseConnection c, int slot) {
    long at = pool.smallAt(slot);
    FuseWire.header(memory, at, 0, Errno.EIO, unique[slot]);
    if (!taken(Libc.write(c.fd, memory.address() + at, FuseWire.ANSWER_BYTES))) {
      remove(c);
    }
  }

  private void release(int slot) {
    FuseConnection c = connection[slot];
    if (c == null) {
      throw new IllegalStateException("request " + slot + " was answered twice");
    }
    int big = bigSlot[slot];
    connection[slot] = null;
    pool.giveSmall(slot);
    c.pendingRequests--;
    if (big != RequestPool.NONE) {
      c.heldBigSlots--;
      pool.giveBig(big);
      shareOutBigSlots();
    }
    closeIfIdle(c);
  }

  /** Waiting reads first, then the place to land: reading on would only add to those who wait. */
  private void shareOutBigSlots() {
    if (!waitingForBig.isEmpty()) {
      int slot = waitingForBig.remove();
      FuseConnection c = connection[slot];
      if (c != null) {
        beginBigRead(c, slot);
      }
    } else if (landing == RequestPool.NONE) {
      landing = pool.takeBig();
    }
  }

  private void closeIfIdle(FuseConnection c) {
    if (c.closing && c.pendingRequests == 0 && !c.closed().isDone()) {
      Libc.close(c.fd);
      c.closed().complete(null);
    }
  }

  private long requestAt(int slot) {
    return pool.smallDataAt(slot) - FuseWire.IO_BYTES;
  }
}
