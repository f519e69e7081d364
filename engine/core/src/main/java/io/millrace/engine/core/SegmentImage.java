package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A segment of the log as it is on the disk: its commits of one sequence, what their headers say of
 * each slot, and its summary.
 */
final class SegmentImage {
  private static final int NOTHING = -1;

  /** What has been read: pages of commits, then the summary. */
  final PageBuffer buffer;

  private final BlockingDisk disk;
  private final Geometry geometry;
  private final Checksum checksum;
  private final boolean[] unreadable;
  private final boolean[] loaded;
  private final int[] entryAt;
  private final int[] commitOf;
  private final List<CommitHeader.Fields> commits = new ArrayList<>();
  private int segment;

  SegmentImage(BlockingDisk disk, Superblock superblock, Arena arena) {
    this.disk = disk;
    geometry = superblock.geometry();
    checksum = superblock.checksum();
    buffer = new PageBuffer(arena, geometry.segmentBytes());
    unreadable = new boolean[geometry.segmentPages()];
    loaded = new boolean[geometry.segmentPages()];
    entryAt = new int[geometry.segmentPages()];
    commitOf = new int[geometry.segmentPages()];
  }

  /** Reads all of it, or without data the headers and the summary. */
  void read(int which, boolean withData) {
    segment = which;
    Arrays.fill(unreadable, false);
    Arrays.fill(loaded, false);
    if (withData) {
      load(0, geometry.segmentPages());
    } else {
      load(geometry.usablePages(), geometry.summaryPages());
    }
  }

  /** Takes the commits of this sequence; others are leftovers of an earlier use. */
  void decode(long sequence) {
    commits.clear();
    Arrays.fill(entryAt, NOTHING);
    int page = 0;
    while (page < geometry.usablePages()) {
      CommitHeader.Fields fields = decode(page);
      if (fields == null || fields.segmentSequence() != sequence) {
        page++;
        continue;
      }
      take(fields);
      page += fields.pages();
    }
  }

  private void take(CommitHeader.Fields fields) {
    for (int i = 0; i < fields.entries() && i < fields.dataPages(); i++) {
      entryAt[fields.slot(i)] = fields.entryAt(i);
      commitOf[fields.slot(i)] = commits.size();
    }
    commits.add(fields);
  }

  List<CommitHeader.Fields> commits() {
    return commits;
  }

  /** Whether a header speaks of the slot. */
  boolean has(int slot) {
    return entryAt[slot] != NOTHING;
  }

  CommitHeader.Fields commit(int slot) {
    return commits.get(commitOf[slot]);
  }

  long layerId(int slot) {
    return Bytes.u64(buffer.memory, entryAt[slot]);
  }

  long block(int slot) {
    return CommitHeader.block(buffer.memory, entryAt[slot]);
  }

  long birth(int slot) {
    return Bytes.u64(buffer.memory, entryAt[slot] + 16L);
  }

  int crc(int slot) {
    return Bytes.u32(buffer.memory, entryAt[slot] + 24L);
  }

  boolean damagedWhenMoved(int slot) {
    return (CommitHeader.flags(buffer.memory, entryAt[slot]) & CommitHeader.FLAG_DAMAGED) != 0;
  }

  boolean unreadable(int slot) {
    return unreadable[slot];
  }

  /** Whether the data of a slot are the ones that the checksum is of. */
  boolean isRight(int slot, long block, int crc) {
    return !unreadable[slot] && checksum.block(buffer, slot * Bytes.PAGE, block) == crc;
  }

  /** Whether there is a summary of this use of the segment, good or not. */
  boolean summarized(long sequence) {
    return Summary.stands(buffer, geometry, checksum, sequence);
  }

  boolean summaryGood(long sequence) {
    return Summary.good(buffer, geometry, checksum, sequence);
  }

  /** Whether summary and header say the same of a slot that a header speaks of. */
  boolean summaryAgrees(int slot) {
    long there = Summary.entry(geometry, slot);
    MemorySegment m = buffer.memory;
    return MemorySegment.mismatch(m, entryAt[slot], entryAt[slot] + 28L, m, there, there + 28) < 0;
  }

  private CommitHeader.@org.jspecify.annotations.Nullable Fields decode(int page) {
    load(page, 1);
    MemorySegment m = buffer.memory;
    long at = (long) page * Bytes.PAGE;
    if (!CommitHeader.looksLikeOne(m, at, segment, page, checksum)) {
      return null;
    }
    int headerPages = Math.min(CommitHeader.headerPages(m, at), geometry.usablePages() - page);
    load(page, headerPages);
    return CommitHeader.decode(buffer, page, segment, geometry.usablePages(), checksum);
  }

  /** Reads what has not been read; what the disk can't read is zeros. */
  private void load(int page, int count) {
    int first = page;
    while (first < page + count && loaded[first]) {
      first++;
    }
    int missing = page + count - first;
    if (missing <= 0) {
      return;
    }
    Arrays.fill(loaded, first, first + missing, true);
    if (disk.read(geometry.offset(segment, first), buffer.pages(first, missing)) == 0) {
      return;
    }
    for (int i = first; i < first + missing; i++) {
      unreadable[i] = disk.read(geometry.offset(segment, i), buffer.pages(i, 1)) != 0;
      if (unreadable[i]) {
        buffer.pages(i, 1).fill((byte) 0);
      }
    }
  }
}
