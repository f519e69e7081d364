package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The bytes of a disk behind a volatile cache: {@code current} is what reads see, {@code platter}
 * what is durable, {@code unsynced} the writes between the two.
 *
 * <p>When the disk may lie, it has an honest twin, to which everything is done that the caller was
 * told: where the two differ, the disk is damaged.
 */
final class Medium {
  static final int BLOCK_BYTES = 4096;

  /** The same content is written again: it tells what it told. */
  static final long AS_BEFORE = -1;

  private final byte[] platter;
  private final byte[] current;
  private final byte[] honestPlatter;
  private final byte[] honestCurrent;

  /** Each block as it was before it was last written; empty when nobody asks. */
  private final byte[] previous;

  /** For each block that a write began with: up to where its durable content tells of promises. */
  private final long[] promises;

  private final BitSet bad = new BitSet();

  /** Blocks in which reads see something else than on an honest disk. */
  private final BitSet differing = new BitSet();

  private final List<Written> unsynced = new ArrayList<>();
  private boolean anyHopeless;

  /**
   * A write that has ended, or would have, and that no sync has made durable; hopeless after a
   * failed sync.
   */
  static final class Written {
    final long offset;
    final byte[] data;

    /** Where the disk put it, and how much of it; elsewhere or less, when the disk lied. */
    final long realOffset;

    final int realBytes;

    /** Its place in the order of ends; 0 when it has not ended. */
    final long ended;

    /** Up to which event its content tells what was promised; 0: nothing, {@link #AS_BEFORE}. */
    final long promised;

    private boolean hopeless;

    Written(long offset, byte[] data, long realOffset, int realBytes, long ended, long promised) {
      this.offset = offset;
      this.data = data;
      this.realOffset = realOffset;
      this.realBytes = realBytes;
      this.ended = ended;
      this.promised = promised;
    }

    /** As an honest disk does it. */
    static Written plain(long offset, byte[] data, long ended, long promised) {
      return new Written(offset, data, offset, data.length, ended, promised);
    }

    private boolean overlaps(Written other) {
      return offset < other.offset + other.data.length && other.offset < offset + data.length;
    }
  }

  Medium(int sizeBytes, boolean mayLie) {
    platter = new byte[sizeBytes];
    current = new byte[sizeBytes];
    honestPlatter = mayLie ? new byte[sizeBytes] : platter;
    honestCurrent = mayLie ? new byte[sizeBytes] : current;
    previous = mayLie ? new byte[sizeBytes] : new byte[0];
    promises = new long[mayLie ? sizeBytes / BLOCK_BYTES : 0];
  }

  int sizeBytes() {
    return current.length;
  }

  private boolean twin() {
    return honestCurrent != current;
  }

  byte[] current() {
    return current;
  }

  /** What reads would see on a disk that never lied. */
  byte[] honest() {
    return honestCurrent;
  }

  byte[] previous() {
    return previous;
  }

  /** A write has ended. */
  void write(Written write) {
    if (twin()) {
      int at = (int) write.realOffset;
      System.arraycopy(current, at, previous, at, write.realBytes);
    }
    copy(write, 0, write.data.length, current, honestCurrent);
    compare(write);
    unsynced.add(write);
    if (!bad.isEmpty()) {
      int first = (int) (write.realOffset / BLOCK_BYTES);
      bad.clear(first, first + write.realBytes / BLOCK_BYTES);
    }
  }

  /** Whether the bytes are there already. */
  boolean holds(long offset, byte[] data) {
    int from = (int) offset;
    return Arrays.equals(current, from, from + data.length, data, 0, data.length);
  }

  /** Makes durable what had ended up to {@code covers}. */
  void sync(long covers) {
    for (Written write : anyHopeless ? List.copyOf(unsynced) : unsynced) {
      if (write.ended <= covers && !write.hopeless) {
        copy(write, 0, write.data.length, platter, honestPlatter);
        note(write, write.promised);
        if (anyHopeless) {
          unsynced.removeIf(other -> other.hopeless && other.overlaps(write));
        }
      }
    }
    unsynced.removeIf(write -> write.ended <= covers && !write.hopeless);
  }

  private void note(Written write, long promised) {
    if (twin() && promised != AS_BEFORE) {
      int first = (int) (write.offset / BLOCK_BYTES);
      Arrays.fill(promises, first, first + Math.max(1, write.data.length / BLOCK_BYTES), 0);
      promises[first] = promised;
    }
  }

  /** Up to which event promises are told by what is durable and not damaged. */
  long promisedWithout(BitSet damaged) {
    long highest = 0;
    for (int block = 0; block < promises.length; block++) {
      highest = damaged.get(block) ? highest : Math.max(highest, promises[block]);
    }
    return highest;
  }

  /** After an error nothing that the sync covered is ever made durable, whatever later ones say. */
  void failSync(long covers) {
    anyHopeless = true;
    for (Written write : unsynced) {
      write.hopeless |= write.ended <= covers;
    }
  }

  int unsyncedWrites() {
    return unsynced.size();
  }

  /** The power fails: of what no sync covers, and of the flying writes, any part survives. */
  void losePower(List<Written> flying, Survival.Choice choice) {
    List<Written> atRisk = new ArrayList<>(unsynced);
    atRisk.addAll(flying);
    for (int i = 0; i < atRisk.size(); i++) {
      Written write = atRisk.get(i);
      choice.keep(
          i,
          atRisk.size(),
          write.data,
          (from, to) -> copy(write, from, to, platter, honestPlatter));
    }
    for (Written write : atRisk) {
      restore(write);
      note(write, 0);
    }
    unsynced.clear();
    anyHopeless = false;
  }

  private void restore(Written write) {
    int real = (int) write.realOffset;
    System.arraycopy(platter, real, current, real, write.realBytes);
    if (twin()) {
      int honest = (int) write.offset;
      System.arraycopy(honestPlatter, honest, honestCurrent, honest, write.data.length);
      compare(write);
    }
  }

  private void copy(Written write, int from, int to, byte[] into, byte[] honestInto) {
    int realTo = Math.min(to, write.realBytes);
    if (from < realTo) {
      System.arraycopy(write.data, from, into, (int) write.realOffset + from, realTo - from);
    }
    if (twin()) {
      System.arraycopy(write.data, from, honestInto, (int) write.offset + from, to - from);
    }
  }

  // ---- damage

  /** Damages what is at rest, in the cache and on the platter. */
  void flipBit(long bit) {
    int at = (int) (bit / 8);
    platter[at] ^= (byte) (1 << (bit % 8));
    current[at] ^= (byte) (1 << (bit % 8));
    compare(at, 1);
  }

  private void compare(Written write) {
    if (twin()) {
      compare((int) write.realOffset, write.realBytes);
      compare((int) write.offset, write.data.length);
    }
  }

  private void compare(int offset, int bytes) {
    for (int b = offset / BLOCK_BYTES; b * BLOCK_BYTES < offset + bytes; b++) {
      int from = b * BLOCK_BYTES;
      int to = from + BLOCK_BYTES;
      differing.set(b, !Arrays.equals(current, from, to, honestCurrent, from, to));
    }
  }

  void goBad(int block) {
    bad.set(block);
  }

  BitSet bad() {
    return bad;
  }

  boolean isBad(int firstBlock, int blocks) {
    int next = bad.nextSetBit(firstBlock);
    return next >= 0 && next < firstBlock + blocks;
  }

  /** Blocks that can't be read, or hold what they should not. */
  BitSet damagedBlocks() {
    BitSet damaged = (BitSet) bad.clone();
    damaged.or(differing);
    return damaged;
  }

  boolean isZero(int offset, int bytes) {
    for (int i = offset; i < offset + bytes; i++) {
      if (current[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** Fills the disk with what a stranger left on it. */
  void scribble(Dice with) {
    java.nio.ByteBuffer words = java.nio.ByteBuffer.wrap(current);
    while (words.remaining() >= Long.BYTES) {
      words.putLong(with.next());
    }
    for (byte[] other : List.of(platter, honestPlatter, honestCurrent)) {
      if (other != current) {
        System.arraycopy(current, 0, other, 0, current.length);
      }
    }
  }
}
