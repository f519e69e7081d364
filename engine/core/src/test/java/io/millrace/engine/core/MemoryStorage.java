package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A disk in memory with a volatile cache: calls end at the next drain, in order; what was not
 * synced is lost at {@link #crash}.
 */
public final class MemoryStorage implements Storage {
  private record End(long ticket, int errno) {}

  private final long sizeBytes;
  private final Map<Long, byte[]> durable = new HashMap<>();
  private final Map<Long, byte[]> cached = new HashMap<>();
  private final ArrayDeque<End> ended = new ArrayDeque<>();
  private int failWritesAfter = Integer.MAX_VALUE;
  private final Set<Long> badPages = new HashSet<>();

  /** Written, seen by reads, and never to be durable: a sync that covered them failed. */
  private final Map<Long, byte[]> hopeless = new HashMap<>();

  /** Whose next read gives something else. */
  private final Set<Long> misreadPages = new HashSet<>();

  private int callsToPowerLoss = Integer.MAX_VALUE;
  long bytesWritten;
  long bytesRead;

  /** The most reads that were under way at a time. */
  int readsAtATime;

  private int readsUnderWay;

  /** Calls that a disk need not have begun. */
  int prepared;

  /** All zeros. */
  public MemoryStorage(long sizeBytes) {
    this.sizeBytes = sizeBytes;
  }

  /** Power is lost: only what was synced stays, and no call under way ever ends. */
  public void crash() {
    cached.clear();
    hopeless.clear();
    ended.clear();
    callsToPowerLoss = Integer.MAX_VALUE;
  }

  /** Power is lost, and of each page that was not synced the first sector got to the platter. */
  void crashTearing() {
    cached.forEach(
        (number, page) -> {
          byte[] torn = durable.getOrDefault(number, new byte[4096]).clone();
          System.arraycopy(page, 0, torn, 0, 512);
          durable.put(number, torn);
        });
    crash();
  }

  /** Reads that touch this page fail. */
  void makeBad(long number) {
    badPages.add(number);
  }

  /** The next read of this page goes wrong, and nobody is told. */
  void misreadOnce(long number) {
    misreadPages.add(number);
  }

  /** It was not read since. */
  boolean misreadsNext(long number) {
    return misreadPages.contains(number);
  }

  /** What it holds in the JVM's heap, at least. */
  long storedBytes() {
    return (durable.size() + cached.size()) * 4096L;
  }

  /** After so many writes and syncs nothing is done any more, nor ends. */
  void losePowerAfter(int calls) {
    callsToPowerLoss = calls;
  }

  private boolean powerless() {
    return callsToPowerLoss <= 0 || callsToPowerLoss-- <= 0;
  }

  /** The process is killed: the disk keeps all that was given to it. */
  void kill() {
    ended.clear();
  }

  void failWritesAfter(int writes) {
    failWritesAfter = writes;
  }

  /** This page reaches the platter by itself. */
  void keep(long number) {
    durable.put(number, page(number));
  }

  void replace(long number, byte[] data) {
    durable.put(number, data.clone());
    cached.remove(number);
  }

  /** A sync failed to write these pages: the cache shows them, the platter holds half of each. */
  void tearInCacheOnly(long... numbers) {
    for (long number : numbers) {
      byte[] whole = page(number);
      hopeless.put(number, whole);
      durable.put(number, java.util.Arrays.copyOf(java.util.Arrays.copyOf(whole, 512), 4096));
    }
  }

  void flipBit(long offset) {
    byte[] page = page(offset / 4096);
    page[(int) (offset % 4096)] ^= 1;
    durable.put(offset / 4096, page);
    cached.remove(offset / 4096);
  }

  byte[] page(long number) {
    byte[] page = hopeless.getOrDefault(number, durable.get(number));
    page = cached.getOrDefault(number, page);
    return page == null ? new byte[4096] : page.clone();
  }

  /** The first page from segment 1 on, of 16 pages each, that is filled with this byte. */
  long pageFilledWith(int value) {
    byte[] wanted = new byte[4096];
    Arrays.fill(wanted, (byte) value);
    for (long number = 16; number < sizeBytes / 4096; number++) {
      if (Arrays.equals(wanted, page(number))) {
        return number;
      }
    }
    throw new AssertionError("no page is filled with " + value);
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    prepared++;
    readsAtATime = Math.max(readsAtATime, ++readsUnderWay);
    ended.add(new End(ticket, readNow(offset, into)));
  }

  @Override
  public int readNow(long offset, MemorySegment into) {
    bytesRead += into.byteSize();
    for (long at = 0; at < into.byteSize(); at += 4096) {
      if (badPages.contains((offset + at) / 4096)) {
        return Errno.EIO;
      }
      byte[] page = page((offset + at) / 4096);
      page[7] ^= (byte) (misreadPages.remove((offset + at) / 4096) ? 1 : 0);
      MemorySegment.copy(MemorySegment.ofArray(page), 0, into, at, 4096);
    }
    return 0;
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    prepared++;
    if (powerless()) {
      return;
    }
    if (failWritesAfter-- <= 0) {
      ended.add(new End(ticket, 5));
      return;
    }
    bytesWritten += from.byteSize();
    for (long at = 0; at < from.byteSize(); at += 4096) {
      byte[] page = new byte[4096];
      MemorySegment.copy(from, at, MemorySegment.ofArray(page), 0, 4096);
      cached.put((offset + at) / 4096, page);
      hopeless.remove((offset + at) / 4096);
    }
    ended.add(new End(ticket, 0));
  }

  @Override
  public void sync(long ticket) {
    prepared++;
    if (powerless()) {
      return;
    }
    durable.putAll(cached);
    cached.clear();
    ended.add(new End(ticket, 0));
  }

  @Override
  public void submit() {
    prepared = 0;
  }

  @Override
  public void drain(Completions sink) {
    submit();
    int count = ended.size();
    readsUnderWay = 0;
    for (int i = 0; i < count; i++) {
      End end = ended.remove();
      sink.completed(end.ticket, end.errno);
    }
  }
}
