package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * A disk in memory with a volatile cache: calls end at the next drain, in order; what was not
 * synced is lost at {@link #crash}.
 */
final class MemoryStorage implements Storage {
  private record End(long ticket, int errno) {}

  private final long sizeBytes;
  private final Map<Long, byte[]> durable = new HashMap<>();
  private final Map<Long, byte[]> cached = new HashMap<>();
  private final ArrayDeque<End> ended = new ArrayDeque<>();
  private int failWritesAfter = Integer.MAX_VALUE;
  long bytesWritten;

  MemoryStorage(long sizeBytes) {
    this.sizeBytes = sizeBytes;
  }

  /** Power is lost: only what was synced stays, and no call under way ever ends. */
  void crash() {
    cached.clear();
    ended.clear();
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

  void flipBit(long offset) {
    byte[] page = page(offset / 4096);
    page[(int) (offset % 4096)] ^= 1;
    durable.put(offset / 4096, page);
    cached.remove(offset / 4096);
  }

  byte[] page(long number) {
    byte[] page = cached.containsKey(number) ? cached.get(number) : durable.get(number);
    return page == null ? new byte[4096] : page.clone();
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    for (long at = 0; at < into.byteSize(); at += 4096) {
      byte[] page = page((offset + at) / 4096);
      MemorySegment.copy(MemorySegment.ofArray(page), 0, into, at, 4096);
    }
    ended.add(new End(ticket, 0));
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    if (failWritesAfter-- <= 0) {
      ended.add(new End(ticket, 5));
      return;
    }
    bytesWritten += from.byteSize();
    for (long at = 0; at < from.byteSize(); at += 4096) {
      byte[] page = new byte[4096];
      MemorySegment.copy(from, at, MemorySegment.ofArray(page), 0, 4096);
      cached.put((offset + at) / 4096, page);
    }
    ended.add(new End(ticket, 0));
  }

  @Override
  public void sync(long ticket) {
    durable.putAll(cached);
    cached.clear();
    ended.add(new End(ticket, 0));
  }

  @Override
  public void drain(Completions sink) {
    int count = ended.size();
    for (int i = 0; i < count; i++) {
      End end = ended.remove();
      sink.completed(end.ticket, end.errno);
    }
  }
}
