package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * What each segment is, which of its slots are live, and which segments may be written next.
 *
 * <p>New segments are taken from the <em>reserve</em> of the newest durable checkpoint only: the
 * log from its front in order, the next checkpoint from its end, so that recovery knows where the
 * log may have gone on and finds no gap in it. A segment whose last block has died becomes free
 * when a checkpoint that began later is durable; see {@link Checkpointer}.
 */
final class SegmentTable {
  static final byte FREE = 0;
  static final byte OPEN = 1;
  static final byte SEALED = 2;
  static final byte CHECKPOINT = 3;

  /** Segment 0 holds the superblocks and roots. */
  static final int FIRST = 1;

  final Geometry geometry;
  final byte[] state;
  final byte[] stream;
  final long[] sequence;

  /** The newest LSN when the segment was sealed: its age. */
  final long[] sealedLsn;

  final int[] live;
  final int[] usedPages;

  /** Reads in flight: such a segment is not written again. */
  final int[] readers;

  /** Writes in flight: such a segment is neither cleaned nor freed. */
  final int[] writing;

  private final int words;
  private final long[] bits;
  private int[] reserve = new int[0];
  private int reserveNext;
  private int reserveEnd;
  private int passOverMax = 1;
  private long nextSequence = 1;
  private long liveBlocks;
  private int freeCount;
  private int emptyCount;
  private int checkpointCount;
  private int writesUnderWay;

  SegmentTable(Geometry geometry) {
    this.geometry = geometry;
    int n = geometry.segments();
    state = new byte[n];
    stream = new byte[n];
    sequence = new long[n];
    sealedLsn = new long[n];
    live = new int[n];
    usedPages = new int[n];
    readers = new int[n];
    writing = new int[n];
    words = words(geometry);
    bits = new long[n * words];
    freeCount = n - FIRST;
  }

  int segments() {
    return state.length;
  }

  /** Words of one bit for each page of a segment. */
  static int words(Geometry geometry) {
    return (geometry.segmentPages() + 63) / 64;
  }

  /** All live bits, as {@link #word} numbers them. */
  long[] copyLive() {
    return bits.clone();
  }

  /** Which word of the live bits a slot is in; its bit there is the lowest six of the slot. */
  int word(long location) {
    return Location.segment(location) * words + (Location.slot(location) >>> 6);
  }

  /**
   * Takes the live bits of a segment that has none yet, in whole words.
   *
   * @return how many pages they reach over
   */
  int loadLive(int segment, MemorySegment from, long at) {
    Bounds.require(live[segment] == 0, "live blocks of segment", segment);
    int pages = 0;
    count(segment, -1);
    for (int i = 0; i < words; i++) {
      long word = Bytes.u64(from, at + i * 8L);
      bits[segment * words + i] = word;
      live[segment] += Long.bitCount(word);
      pages = word == 0 ? pages : (i + 1) * Long.SIZE - Long.numberOfLeadingZeros(word);
    }
    liveBlocks += live[segment];
    count(segment, 1);
    return pages;
  }

  long liveBlocks() {
    return liveBlocks;
  }

  long nextSequence() {
    return nextSequence;
  }

  /** Sequences are never used again, not even those of lost segments that recovery saw. */
  void sequenceAtLeast(long next) {
    nextSequence = Math.max(nextSequence, next);
  }

  /** Segments that can be taken right now. */
  int allocatable() {
    return reserveEnd - reserveNext;
  }

  int[] remainingReserve() {
    return Arrays.copyOfRange(reserve, reserveNext, reserveEnd);
  }

  /** All that is free once {@code freed} are: first what may be taken already. */
  int[] nextReserve(int[] freed) {
    boolean[] taken = new boolean[state.length];
    int[] next = new int[state.length];
    int count = 0;
    for (int segment : remainingReserve()) {
      taken[segment] = true;
      next[count++] = segment;
    }
    for (int segment : freed) {
      taken[segment] = true;
      next[count++] = segment;
    }
    for (int s = FIRST; s < state.length; s++) {
      if (state[s] == FREE && !taken[s]) {
        next[count++] = s;
      }
    }
    return Arrays.copyOf(next, count);
  }

  /** Replaces the reserve; segments that are no longer free are left out. */
  void reserve(int[] segments) {
    reserve = Arrays.stream(segments).filter(s -> state[s] == FREE).toArray();
    reserveNext = 0;
    reserveEnd = reserve.length;
  }

  /** How many segments with readers the log may pass over: recovery looks no further. */
  void passOverMax(int segments) {
    passOverMax = segments;
  }

  /** The next segment of the log; -1 when there is none without readers. */
  int takeForLog(int newStream) {
    int end = Math.min(reserveEnd, reserveNext + passOverMax);
    for (int i = reserveNext; i < end; i++) {
      int segment = reserve[i];
      if (readers[segment] == 0) {
        System.arraycopy(reserve, reserveNext, reserve, reserveNext + 1, i - reserveNext);
        reserveNext++;
        begin(segment, OPEN, newStream);
        return segment;
      }
    }
    return -1;
  }

  /** The next segment of a checkpoint; -1 when there is none without readers. */
  int takeForCheckpoint() {
    for (int i = reserveEnd - 1; i >= reserveNext; i--) {
      int segment = reserve[i];
      if (readers[segment] == 0) {
        System.arraycopy(reserve, i + 1, reserve, i, reserveEnd - i - 1);
        reserveEnd--;
        begin(segment, CHECKPOINT, 0);
        return segment;
      }
    }
    return -1;
  }

  /** Takes back what a checkpoint that was given up has taken. */
  void giveBack(int segment) {
    free(segment);
    reserve[reserveEnd++] = segment;
  }

  /** Something that could be taken is still being read. */
  boolean reserveHasReaders() {
    for (int i = reserveNext; i < reserveEnd; i++) {
      if (readers[reserve[i]] > 0) {
        return true;
      }
    }
    return false;
  }

  private void begin(int segment, byte newState, int newStream) {
    restate(segment, newState);
    stream[segment] = (byte) newStream;
    sequence[segment] = nextSequence++;
    usedPages[segment] = 0;
    sealedLsn[segment] = 0;
  }

  void seal(int segment, int pages, long lsn) {
    restate(segment, SEALED);
    usedPages[segment] = pages;
    sealedLsn[segment] = lsn;
  }

  void free(int segment) {
    restate(segment, FREE);
    usedPages[segment] = 0;
  }

  /** Changes what a segment is, and the counts with it. */
  void restate(int segment, byte to) {
    count(segment, -1);
    state[segment] = to;
    count(segment, 1);
  }

  private void count(int segment, int by) {
    freeCount += state[segment] == FREE ? by : 0;
    checkpointCount += state[segment] == CHECKPOINT ? by : 0;
    emptyCount += emptied(segment) ? by : 0;
  }

  /** Segments of the log with something live in them, or on its way there. */
  int inUse() {
    return state.length - FIRST - freeCount - emptyCount - checkpointCount;
  }

  int freeCount() {
    return freeCount;
  }

  /** Segments that the next checkpoint makes available, roughly. */
  int reclaimable() {
    return emptyCount + freeCount - allocatable();
  }

  /** Commits and summaries on their way to segments. */
  int writesUnderWay() {
    return writesUnderWay;
  }

  void writeBegins(int segment) {
    count(segment, -1);
    writing[segment]++;
    writesUnderWay++;
    count(segment, 1);
  }

  void writeEnds(int segment) {
    count(segment, -1);
    writing[segment]--;
    writesUnderWay--;
    count(segment, 1);
  }

  boolean isLive(int segment, int slot) {
    return ((bits[segment * words + (slot >>> 6)] >>> (slot & 63)) & 1) != 0;
  }

  void markLive(long location) {
    int segment = Location.segment(location);
    int slot = Location.slot(location);
    bits[segment * words + (slot >>> 6)] |= 1L << (slot & 63);
    emptyCount -= emptied(segment) ? 1 : 0;
    live[segment]++;
    liveBlocks++;
  }

  void kill(long location) {
    int segment = Location.segment(location);
    int slot = Location.slot(location);
    if (!isLive(segment, slot)) {
      throw new IllegalStateException(
          "block at segment %d slot %d dies twice".formatted(segment, slot));
    }
    bits[segment * words + (slot >>> 6)] &= ~(1L << (slot & 63));
    live[segment]--;
    emptyCount += emptied(segment) ? 1 : 0;
    liveBlocks--;
  }

  /** The lowest sequence of a segment that holds something, or will. */
  long lowestSequenceInUse() {
    long lowest = nextSequence;
    for (int s = FIRST; s < state.length; s++) {
      boolean inUse = state[s] == OPEN || (state[s] == SEALED && !emptied(s));
      lowest = inUse ? Math.min(lowest, sequence[s]) : lowest;
    }
    return lowest;
  }

  /** Sealed, nothing live, nothing in flight: the next checkpoint frees it. */
  boolean emptied(int segment) {
    return state[segment] == SEALED && live[segment] == 0 && writing[segment] == 0;
  }

  /** All segments in this state that the next checkpoint may free. */
  int[] all(byte wanted) {
    int[] found = new int[state.length];
    int count = 0;
    for (int s = FIRST; s < state.length; s++) {
      if (state[s] == wanted && (wanted != SEALED || emptied(s))) {
        found[count++] = s;
      }
    }
    return Arrays.copyOf(found, count);
  }
}
