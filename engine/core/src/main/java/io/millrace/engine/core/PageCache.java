package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Blocks that were read and verified, by their place on the disk, so that all clones share one copy
 * of the golden image. Fixed memory, CLOCK replacement.
 *
 * <p>An entry carries its segment's sequence: when the segment is written anew, it never matches
 * again.
 */
final class PageCache {
  static final int ABSENT = -1;
  private static final int EMPTY = -1;

  private final SegmentTable table;
  private final int pages;
  private final MemorySegment memory;
  private final long[] locations;
  private final long[] sequences;
  private final byte[] referenced;
  private final int[] buckets;
  private final int[] chain;
  private int hand;
  private int used;

  PageCache(SegmentTable table, Arena arena, long bytes) {
    this.table = table;
    pages = (int) Math.min(bytes / Bytes.PAGE, 1 << 28);
    memory = arena.allocate((long) Math.max(1, pages) * Bytes.PAGE, Bytes.PAGE);
    locations = new long[pages];
    sequences = new long[pages];
    referenced = new byte[pages];
    chain = new int[pages];
    buckets = new int[Integer.highestOneBit(Math.max(2, pages) * 2 - 1)];
    java.util.Arrays.fill(buckets, EMPTY);
  }

  /** Whether it has room for anything at all. */
  boolean keeps() {
    return pages > 0;
  }

  /** The page that holds this place's block; {@link #ABSENT} when none does. */
  int find(long location) {
    if (pages == 0) {
      return ABSENT;
    }
    for (int p = buckets[bucket(location)]; p != EMPTY; p = chain[p]) {
      if (locations[p] == location) {
        if (sequences[p] != table.sequence[Location.segment(location)]) {
          return ABSENT;
        }
        referenced[p] = 1;
        return p;
      }
    }
    return ABSENT;
  }

  MemorySegment memory() {
    return memory;
  }

  static long at(int page) {
    return (long) page * Bytes.PAGE;
  }

  void add(long location, MemorySegment from, long at) {
    if (pages == 0 || find(location) != ABSENT) {
      return;
    }
    int page = place(location);
    MemorySegment.copy(from, at, memory, at(page), Bytes.PAGE);
    sequences[page] = table.sequence[Location.segment(location)];
  }

  /** A page for this location: the one with an outdated copy, an unused one, or a victim's. */
  private int place(long location) {
    int bucket = bucket(location);
    for (int p = buckets[bucket]; p != EMPTY; p = chain[p]) {
      if (locations[p] == location) {
        return p;
      }
    }
    int page = used < pages ? used++ : evict();
    locations[page] = location;
    referenced[page] = 0;
    chain[page] = buckets[bucket];
    buckets[bucket] = page;
    return page;
  }

  private int evict() {
    while (referenced[hand] != 0) {
      referenced[hand] = 0;
      hand = (hand + 1) % pages;
    }
    int victim = hand;
    hand = (hand + 1) % pages;
    unlink(victim);
    return victim;
  }

  private void unlink(int page) {
    int bucket = bucket(locations[page]);
    if (buckets[bucket] == page) {
      buckets[bucket] = chain[page];
      return;
    }
    int before = buckets[bucket];
    while (chain[before] != page) {
      before = chain[before];
    }
    chain[before] = chain[page];
  }

  private int bucket(long location) {
    return (int) ((location * 0x9E3779B97F4A7C15L) >>> 33) & (buckets.length - 1);
  }
}
