package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The storage with a receiver for each call instead of a ticket; counts, and stops the store on the
 * first failed write or sync.
 *
 * <p>One sync is under way at a time, because the kernel tells a lost write once: of two that cover
 * it, one would be answered with 0. Those that are asked for meanwhile wait, and one sync serves
 * them all. Once one has failed none ends well.
 */
final class Disk implements Storage.Completions {
  /** Told the end of one call. */
  interface Done {
    void done(int errno);
  }

  /** Waits for a sync. */
  interface Synced extends Done {
    /** It is on its way: it covers the writes that have ended by now. */
    default void submitted() {}
  }

  private static final byte READ = 0;
  private static final byte WRITE = 1;
  private static final byte SYNC = 2;
  private static final String[] NAMES = {"read", "write", "sync"};

  private final Storage storage;
  private final Health health;
  private @Nullable Done[] receivers = new Done[256];
  private byte[] kinds = new byte[256];
  private long[] offsets = new long[256];
  private int[] freeTickets = new int[256];
  private int freeCount;
  private int outstanding;

  private final Done syncDone = this::syncEnded;

  /** Who is told of the sync under way. */
  private ArrayList<Synced> synced = new ArrayList<>();

  /** Who waits for the one after it. */
  private ArrayList<Synced> waiting = new ArrayList<>();

  private boolean syncing;
  private int syncErrno;

  long writes;
  long writeBytes;
  long reads;
  long readBytes;
  long syncs;

  Disk(Storage storage, Health health) {
    this.storage = storage;
    this.health = health;
    for (int i = 0; i < freeTickets.length; i++) {
      freeTickets[freeCount++] = freeTickets.length - 1 - i;
    }
  }

  void read(long offset, MemorySegment into, Done done) {
    reads++;
    readBytes += into.byteSize();
    storage.read(offset, into, ticket(READ, offset, done));
  }

  /** Holds up everybody: where nothing can be done without it. */
  int readNow(long offset, MemorySegment into) {
    reads++;
    readBytes += into.byteSize();
    return storage.readNow(offset, into);
  }

  void write(long offset, MemorySegment from, Done done) {
    writes++;
    writeBytes += from.byteSize();
    storage.write(offset, from, ticket(WRITE, offset, done));
  }

  /** Makes durable, at least, what has been written by now; perhaps after the one under way. */
  void sync(Synced receiver) {
    waiting.add(receiver);
    if (!syncing) {
      submitSync();
    }
  }

  private void submitSync() {
    ArrayList<Synced> receivers = waiting;
    waiting = synced;
    synced = receivers;
    syncing = true;
    syncs++;
    for (int i = 0; i < receivers.size(); i++) {
      receivers.get(i).submitted();
    }
    storage.sync(ticket(SYNC, 0, syncDone));
  }

  /** Has all calls begin. */
  void submit() {
    storage.submit();
  }

  /** The next sync goes out when all ends are known, so that it covers as much as can be. */
  void drain() {
    storage.drain(this);
    if (!syncing && !waiting.isEmpty()) {
      submitSync();
    }
  }

  boolean idle() {
    return outstanding == 0;
  }

  int outstanding() {
    return outstanding;
  }

  @Override
  public void completed(long ticket, int errno) {
    int t = (int) ticket;
    Done done = receivers[t];
    if (done == null) {
      throw new IllegalStateException("storage completed ticket " + ticket + " twice");
    }
    receivers[t] = null;
    freeTickets[freeCount++] = t;
    outstanding--;
    if (errno != 0 && kinds[t] != READ) {
      health.stop(
          "%s at byte %d failed with errno %d".formatted(NAMES[kinds[t]], offsets[t], errno));
    }
    try {
      done.done(errno);
    } catch (MapPages.Damaged damaged) {
      // The ends of the other calls must still be told.
      health.stop(damaged.reason());
    }
  }

  private void syncEnded(int errno) {
    syncErrno = syncErrno != 0 ? syncErrno : errno;
    for (int i = 0; i < synced.size(); i++) {
      synced.get(i).done(syncErrno);
    }
    synced.clear();
    syncing = false;
  }

  private long ticket(byte kind, long offset, Done done) {
    if (freeCount == 0) {
      grow();
    }
    int t = freeTickets[--freeCount];
    receivers[t] = done;
    kinds[t] = kind;
    offsets[t] = offset;
    outstanding++;
    return t;
  }

  private void grow() {
    int old = receivers.length;
    receivers = Arrays.copyOf(receivers, old * 2);
    kinds = Arrays.copyOf(kinds, old * 2);
    offsets = Arrays.copyOf(offsets, old * 2);
    freeTickets = new int[old * 2];
    for (int t = old * 2 - 1; t >= old; t--) {
      freeTickets[freeCount++] = t;
    }
  }
}
