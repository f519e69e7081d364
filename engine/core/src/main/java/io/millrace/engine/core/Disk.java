package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The storage with a receiver for each call instead of a ticket; counts, and stops the store on the
 * first failed write or sync.
 *
 * <p>Syncs end in the order in which they were submitted, and once one has failed none ends well,
 * whichever was submitted first: the kernel tells an error once, so another sync that covers the
 * same writes may return 0.
 */
final class Disk implements Storage.Completions {
  /** Told the end of one call. */
  interface Done {
    void done(int errno);
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

  /** Tickets of the syncs under way, in order; those that have ended wait for the ones before. */
  private int[] syncQueue = new int[8];

  private boolean[] syncEnded = new boolean[8];
  private int syncHead;
  private int syncCount;
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

  void write(long offset, MemorySegment from, Done done) {
    writes++;
    writeBytes += from.byteSize();
    storage.write(offset, from, ticket(WRITE, offset, done));
  }

  void sync(Done done) {
    syncs++;
    if (syncCount == syncQueue.length) {
      growSyncs();
    }
    int at = (syncHead + syncCount++) & (syncQueue.length - 1);
    syncQueue[at] = (int) ticket(SYNC, 0, done);
    syncEnded[at] = false;
    storage.sync(syncQueue[at]);
  }

  void drain() {
    storage.drain(this);
  }

  boolean idle() {
    return outstanding == 0;
  }

  @Override
  public void completed(long ticket, int errno) {
    int t = (int) ticket;
    Done done = receivers[t];
    if (done == null) {
      throw new IllegalStateException("storage completed ticket " + ticket + " twice");
    }
    if (kinds[t] == SYNC) {
      syncEnded(t, errno);
    } else {
      ended(t, done, errno);
    }
  }

  private void syncEnded(int ticket, int errno) {
    syncErrno = syncErrno != 0 ? syncErrno : errno;
    int mask = syncQueue.length - 1;
    for (int i = 0; i < syncCount; i++) {
      int at = (syncHead + i) & mask;
      syncEnded[at] |= syncQueue[at] == ticket;
    }
    while (syncCount > 0 && syncEnded[syncHead]) {
      int first = syncQueue[syncHead];
      syncHead = (syncHead + 1) & mask;
      syncCount--;
      Done done = receivers[first];
      if (done != null) {
        ended(first, done, syncErrno);
      }
    }
  }

  private void ended(int t, Done done, int errno) {
    receivers[t] = null;
    freeTickets[freeCount++] = t;
    outstanding--;
    if (errno != 0 && kinds[t] != READ) {
      health.stop(
          "%s at byte %d failed with errno %d".formatted(NAMES[kinds[t]], offsets[t], errno));
    }
    done.done(errno);
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

  private void growSyncs() {
    int old = syncQueue.length;
    int[] queue = new int[old * 2];
    boolean[] ended = new boolean[old * 2];
    for (int i = 0; i < old; i++) {
      queue[i] = syncQueue[(syncHead + i) & (old - 1)];
      ended[i] = syncEnded[(syncHead + i) & (old - 1)];
    }
    syncQueue = queue;
    syncEnded = ended;
    syncHead = 0;
  }
}
