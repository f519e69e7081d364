package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Where the blocks of one layer are, in {@link Leaf}s of 2 MiB of addresses.
 *
 * <p>A leaf that is as the last checkpoint has it need not be in memory: its handle says {@link
 * Leaf#ABSENT}, and {@link #leaf} brings it in. What is placed into such a leaf makes it partial:
 * its cell has only what is newer, until the leaf comes and the two become one. Owner thread only.
 */
final class LayerMap {
  /** Where leaves that are not in memory come from. */
  interface Source {
    /** Has {@link #arrive} called for that leaf, and perhaps for others. */
    void bring(LayerMap map, long leafIndex);
  }

  /** Told of places that an arriving leaf names, and that something newer has replaced. */
  interface Graves {
    /** Of a leaf of that map; it may be dead already. */
    void killOlder(LayerMap map, long leafIndex, long location);
  }

  /** Of a bitmap with a bit for each block of a leaf. */
  static final int BITMAP_WORDS = Leaf.BLOCKS / 64;

  /** What a partial leaf may come to take in a checkpoint besides its entries. */
  private static final int UNSURE_IMAGE = Leaf.ENTRIES;

  private static final int UNSURE_WHITE = LiveImage.leafBytesMax() - LiveImage.WHITE_HEADER_BYTES;

  final long layerId;
  private final Cells cells;
  private final Source source;
  private final LeafTree tree;
  private long blocks;
  private long whiteouts;
  private long leaves;
  private int foundCrc;

  private long missing;

  /** No checkpoint has any of its leaves as of this layer. */
  private boolean moved;

  /** All of whose leaves stay in memory. */
  LayerMap(Cells cells) {
    this(0, cells, (_, leaf) -> Bounds.require(false, "absent leaf", leaf));
  }

  LayerMap(long layerId, Cells cells, Source source) {
    this.layerId = layerId;
    this.cells = cells;
    this.source = source;
    tree = new LeafTree(cells);
  }

  /** Blocks with data. */
  long blocks() {
    return blocks;
  }

  /** Entries that are whiteouts, those of leaves that are white elsewhere not counted. */
  long whiteouts() {
    return whiteouts;
  }

  long leaves() {
    return leaves;
  }

  boolean empty() {
    return leaves == 0;
  }

  /** Leaves that are absent or partial. */
  long missing() {
    return missing;
  }

  /** Whether that is so of this one. */
  boolean misses(long leafIndex) {
    return missing > 0 && isMissing(tree.handle(leafIndex), leafIndex);
  }

  /** Whether nothing of it is in memory. */
  boolean isAbsent(long leafIndex) {
    return missing > 0 && tree.handle(leafIndex) == Leaf.ABSENT;
  }

  /** Whether only what is newer of it is in memory. */
  boolean isPartial(long leafIndex) {
    return misses(leafIndex) && tree.handle(leafIndex) != Leaf.ABSENT;
  }

  private boolean isMissing(int leaf, long leafIndex) {
    return leaf == Leaf.ABSENT || (leaf != 0 && tree.has(LeafTree.PARTIAL, leafIndex));
  }

  /** The location of a block, NONE or WHITEOUT; its checksum is then in {@link #foundCrc()}. */
  long find(long block) {
    int leaf = leaf(block / Leaf.BLOCKS);
    if (leaf == 0) {
      return Location.NONE;
    }
    if (leaf == Leaf.WHITE) {
      return Location.WHITEOUT;
    }
    int index = (int) (block % Leaf.BLOCKS);
    return has(leaf, index) ? entry(leaf, index) : Leaf.elsewhere(leaf);
  }

  private boolean has(int leaf, int index) {
    return Leaf.has(cells.slab(leaf), Cells.base(leaf), index);
  }

  /** The location of a block that the leaf's cell has. */
  private long entry(int leaf, int index) {
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    long entry = Leaf.entry(base, Leaf.rank(m, base, index));
    foundCrc = Leaf.crc(m, entry);
    return Leaf.location(m, entry);
  }

  /** Like {@link #find}, but brings nothing in: UNKNOWN when only an absent leaf could tell. */
  long look(long block) {
    if (missing == 0) {
      return find(block);
    }
    long leafIndex = block / Leaf.BLOCKS;
    int leaf = tree.handle(leafIndex);
    if (!isMissing(leaf, leafIndex)) {
      return find(block);
    }
    int index = (int) (block % Leaf.BLOCKS);
    boolean newer = leaf != Leaf.ABSENT && has(leaf, index);
    return newer ? entry(leaf, index) : Location.UNKNOWN;
  }

  /** The checksum of the last block found. */
  int foundCrc() {
    return foundCrc;
  }

  /** Sets a block (or a whiteout) and returns what stood there. */
  long put(long block, long location, int crc) {
    long leafIndex = block / Leaf.BLOCKS;
    int leaf = leaf(leafIndex);
    if (location == Location.WHITEOUT && Leaf.whiteElsewhere(leaf)) {
      long old = remove(block);
      return old == Location.NONE ? Location.WHITEOUT : old;
    }
    count(location, 1);
    int index = (int) (block % Leaf.BLOCKS);
    if (hasCell(leaf) && has(leaf, index)) {
      return overwrite(leafIndex, leaf, index, location, crc);
    }
    insert(leafIndex, leaf, index, location, crc);
    return Leaf.elsewhere(leaf);
  }

  /** Of a block that the leaf's cell has; returns what stood there. */
  private long overwrite(long leafIndex, int leaf, int index, long location, int crc) {
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    long entry = Leaf.entry(base, Leaf.rank(m, base, index));
    long old = Leaf.location(m, entry);
    count(old, -1);
    Leaf.write(m, entry, location, crc);
    tree.set(LeafTree.CHANGED, leafIndex);
    return old;
  }

  /**
   * Sets a block and returns what stood there; UNKNOWN when only an absent leaf could tell: what it
   * has there dies when it arrives.
   */
  long putNewer(long block, long location, int crc) {
    long leafIndex = block / Leaf.BLOCKS;
    int leaf = missing == 0 ? 0 : tree.handle(leafIndex);
    if (missing == 0 || !isMissing(leaf, leafIndex)) {
      return put(block, location, crc);
    }
    count(location, 1);
    int index = (int) (block % Leaf.BLOCKS);
    if (leaf != Leaf.ABSENT && has(leaf, index)) {
      return overwrite(leafIndex, leaf, index, location, crc);
    }
    insert(leafIndex, leaf, index, location, crc);
    if (leaf == Leaf.ABSENT) {
      tree.set(LeafTree.PARTIAL, leafIndex);
      cells.partialsGrow(1);
      unsure(1);
    }
    return Location.UNKNOWN;
  }

  /** It may be a leaf of whiteouts alone that gets its first entry. */
  private void unsure(int by) {
    cells.imageGrows((long) by * UNSURE_IMAGE);
    cells.whiteMayGrow((long) by * UNSURE_WHITE);
  }

  /**
   * Forgets a block and returns what stood there as an entry. In a leaf that is white elsewhere a
   * forgotten block is a whiteout.
   */
  long remove(long block) {
    long leafIndex = block / Leaf.BLOCKS;
    int index = (int) (block % Leaf.BLOCKS);
    int leaf = leaf(leafIndex);
    if (!hasCell(leaf) || !has(leaf, index)) {
      return Location.NONE;
    }
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    int rank = Leaf.rank(m, base, index);
    long old = Leaf.location(m, Leaf.entry(base, rank));
    count(old, -1);
    takeOut(leafIndex, leaf, index, rank);
    return old;
  }

  /** Makes whiteouts of all blocks that an existing leaf doesn't have. */
  void whitenElsewhere(long leafIndex) {
    int leaf = leaf(leafIndex);
    if (!Leaf.whiteElsewhere(leaf)) {
      link(leafIndex, leaf | Leaf.WHITE_ELSEWHERE);
    }
  }

  /** Forgets that a leaf is white elsewhere. */
  void unwhiten(long leafIndex) {
    int leaf = leaf(leafIndex);
    if (leaf == Leaf.WHITE) {
      detachLeaf(leafIndex);
    } else if (Leaf.whiteElsewhere(leaf)) {
      link(leafIndex, leaf & ~Leaf.WHITE_ELSEWHERE);
    }
  }

  /** Adds to a bitmap the blocks that a leaf decides: with data or as whiteouts. */
  void addDecided(long leafIndex, long[] bitmap) {
    int leaf = leaf(leafIndex);
    if (Leaf.whiteElsewhere(leaf)) {
      Arrays.fill(bitmap, -1L);
    } else if (leaf != 0) {
      for (int word = 0; word < BITMAP_WORDS; word++) {
        bitmap[word] |= presence(leaf, word);
      }
    }
  }

  /** Adds the blocks with data that are not decided yet, and what the leaf decides. */
  void see(long leafIndex, long[] decided, long[] shown) {
    int leaf = leaf(leafIndex);
    if (hasCell(leaf)) {
      for (int word = 0; word < BITMAP_WORDS; word++) {
        shown[word] |= withData(leafIndex, word, presence(leaf, word) & ~decided[word]);
      }
    }
    addDecided(leafIndex, decided);
  }

  /** Those of the bits that stand for data, not for whiteouts. */
  private long withData(long leafIndex, int word, long bits) {
    long data = bits;
    for (long left = whiteouts == 0 ? 0 : bits; left != 0; left &= left - 1) {
      int index = word * 64 + Long.numberOfTrailingZeros(left);
      if (find(leafIndex * Leaf.BLOCKS + index) == Location.WHITEOUT) {
        data &= ~Long.lowestOneBit(left);
      }
    }
    return data;
  }

  private long presence(int leaf, int word) {
    return Bytes.u64(cells.slab(leaf), Cells.base(leaf) + word * 8L);
  }

  /** Changes places with another map of the same cells; neither misses a leaf. */
  void exchange(LayerMap other) {
    Bounds.require(missing + other.missing == 0, "missing leaves", missing + other.missing);
    tree.exchange(other.tree);
    long otherBlocks = other.blocks;
    long otherWhiteouts = other.whiteouts;
    long otherLeaves = other.leaves;
    other.blocks = blocks;
    other.whiteouts = whiteouts;
    other.leaves = leaves;
    other.moved = true;
    moved = true;
    blocks = otherBlocks;
    whiteouts = otherWhiteouts;
    leaves = otherLeaves;
  }

  /** How many entries of a leaf of this map are whiteouts. */
  int whiteEntries(int leaf) {
    boolean may = whiteouts > 0 && hasCell(leaf);
    return may ? Leaf.whiteouts(cells.slab(leaf), Cells.base(leaf)) : 0;
  }

  /** Whether an existing leaf is not as the last checkpoint has it. */
  boolean changed(long leafIndex) {
    return moved || tree.handle(leafIndex) == 0 || tree.has(LeafTree.CHANGED, leafIndex);
  }

  /** A checkpoint takes an existing leaf as it is now. */
  void written(long leafIndex) {
    if (tree.handle(leafIndex) != 0) {
      tree.clear(LeafTree.CHANGED, leafIndex);
    }
  }

  /** A checkpoint has gone through all leaves. */
  void written() {
    moved = false;
  }

  /** No checkpoint has an existing leaf as it is, after all. */
  void notWritten(long leafIndex) {
    int leaf = tree.handle(leafIndex);
    if (leaf != 0 && leaf != Leaf.ABSENT) {
      tree.set(LeafTree.CHANGED, leafIndex);
    }
  }

  /**
   * The handle of a leaf, all of which is in memory then: 0 when there is none, {@link Leaf#WHITE}
   * when all whiteouts.
   */
  int leaf(long leafIndex) {
    int leaf = tree.handle(leafIndex);
    if (missing > 0 && isMissing(leaf, leafIndex)) {
      source.bring(this, leafIndex);
      leaf = tree.handle(leafIndex);
    }
    if (leaf != 0) {
      tree.set(LeafTree.USED, leafIndex);
    }
    return leaf;
  }

  /** What an existing leaf has in memory; {@link Leaf#WHITE} when that is nothing. */
  int cell(long leafIndex) {
    int leaf = tree.handle(leafIndex);
    return leaf == Leaf.ABSENT ? Leaf.WHITE : leaf;
  }

  /** Whether there is such a leaf. */
  boolean has(long leafIndex) {
    return tree.handle(leafIndex) != 0;
  }

  /** The smallest index of an existing leaf at or after {@code from}; -1 when there is none. */
  long nextLeaf(long from) {
    return tree.next(from);
  }

  // ---- in and out of memory

  /** There is a leaf that the checkpoint has; {@link #countAbsent} counts what is in it. */
  void addAbsent(long leafIndex) {
    tree.put(leafIndex, Leaf.ABSENT);
    missing++;
  }

  /** What absent leaves have together. */
  void countAbsent(MapChunk.Run run) {
    leaves += run.leaves();
    blocks += run.blocks();
    whiteouts += run.whiteouts();
    cells.leavesGrow(run.leaves());
    cells.whiteMayGrow(run.whiteBytesMax());
    cells.imageGrows(run.imageBytes());
  }

  /**
   * A leaf as the checkpoint has it: {@code count} entries behind a bitmap at {@code at}, or {@link
   * Chunk#WHITE_LEAF}. Where it is not missing it has come too late.
   */
  void arrive(
      long leafIndex, MemorySegment from, long at, int count, boolean white, Graves graves) {
    int leaf = tree.handle(leafIndex);
    if (missing == 0 || !isMissing(leaf, leafIndex)) {
      return;
    }
    missing--;
    int arrived;
    if (leaf == Leaf.ABSENT) {
      arrived = count == Chunk.WHITE_LEAF ? Leaf.WHITE : load(from, at, count);
    } else {
      tree.clear(LeafTree.PARTIAL, leafIndex);
      cells.partialsGrow(-1);
      arrived = count == Chunk.WHITE_LEAF ? leaf : join(leafIndex, leaf, from, at, graves);
    }
    boolean flagged = count == Chunk.WHITE_LEAF ? leaf != Leaf.ABSENT : white;
    tree.put(leafIndex, flagged ? arrived | Leaf.WHITE_ELSEWHERE : arrived);
  }

  private int load(MemorySegment from, long at, int count) {
    int leaf = cells.allocate(Leaf.cellBytes(count));
    long bytes = Leaf.ENTRIES + (long) count * Leaf.ENTRY_BYTES;
    MemorySegment.copy(from, at, cells.slab(leaf), Cells.base(leaf), bytes);
    return leaf;
  }

  /** Puts what is newer over a leaf that has arrived. */
  private int join(long leafIndex, int newer, MemorySegment older, long at, Graves graves) {
    unsure(-1);
    return LeafJoin.join(
        cells, newer, older, at, (was, is) -> replaced(leafIndex, was, is, graves));
  }

  /** During replay the leaf may have what the log says again. */
  private void replaced(long leafIndex, long older, long newer, Graves graves) {
    count(older, -1);
    cells.imageGrows(-Leaf.ENTRY_BYTES);
    if (older >= 0 && older != newer) {
      graves.killOlder(this, leafIndex, older);
    }
  }

  /** Whether an existing leaf could leave memory, for the last checkpoint has it as it is. */
  boolean mayLeave(long leafIndex) {
    int leaf = tree.handle(leafIndex);
    return leaf == Leaf.ABSENT || (leaf != 0 && !changed(leafIndex));
  }

  /** Whether it was asked for since this was asked last. */
  boolean wasUsed(long leafIndex) {
    int leaf = tree.handle(leafIndex);
    boolean used = leaf != Leaf.ABSENT && tree.has(LeafTree.USED, leafIndex);
    tree.clear(LeafTree.USED, leafIndex);
    return used;
  }

  /** A leaf that {@link #mayLeave} leaves memory; false when it had already. */
  boolean leave(long leafIndex) {
    int leaf = tree.handle(leafIndex);
    if (leaf == Leaf.ABSENT) {
      return false;
    }
    freeLeafCell(leaf);
    tree.put(leafIndex, Leaf.ABSENT);
    missing++;
    return true;
  }

  // ---- whole leaves

  /** Puts a whole leaf of whiteouts where no leaf is. */
  void putWhiteLeaf(long leafIndex) {
    adoptLeaf(leafIndex, Leaf.WHITE);
  }

  /** Takes a whole leaf out without freeing its cell; for {@link #adoptLeaf} or freeing. */
  int detachLeaf(long leafIndex) {
    int leaf = leaf(leafIndex);
    countLeaf(leaf, -1);
    tree.remove(leafIndex);
    return leaf;
  }

  /** Puts in a whole leaf that another map has detached, where no leaf is. */
  void adoptLeaf(long leafIndex, int leaf) {
    countLeaf(leaf, 1);
    link(leafIndex, leaf);
  }

  void freeLeafCell(int leaf) {
    if (leaf != Leaf.WHITE) {
      int count = Leaf.count(cells.slab(leaf), Cells.base(leaf));
      cells.free(leaf, Leaf.cellBytes(count));
    }
  }

  Cells cells() {
    return cells;
  }

  private void count(long location, int by) {
    if (location == Location.WHITEOUT) {
      whiteouts += by;
    } else {
      blocks += by;
    }
  }

  private void countLeaf(int leaf, int by) {
    leaves += by;
    cells.leavesGrow(by);
    cells.whiteMayGrow((long) by * LiveImage.bytesMax(leaf));
    if (leaf == Leaf.WHITE) {
      cells.imageGrows((long) by * Chunk.LEAF_HEADER_BYTES);
      return;
    }
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    int entries = Leaf.count(m, base);
    cells.imageGrows((long) by * LeafImage.bytes(entries));
    for (int rank = 0; rank < entries; rank++) {
      count(Leaf.location(m, Leaf.entry(base, rank)), by);
    }
  }

  private static boolean hasCell(int leaf) {
    return leaf != 0 && leaf != Leaf.WHITE && leaf != Leaf.ABSENT;
  }

  private void insert(long leafIndex, int leaf, int index, long location, int crc) {
    boolean there = hasCell(leaf);
    int count = there ? Leaf.count(cells.slab(leaf), Cells.base(leaf)) : 0;
    int rank = there ? Leaf.rank(cells.slab(leaf), Cells.base(leaf), index) : 0;
    boolean imaged = there || leaf == Leaf.ABSENT;
    cells.imageGrows(imaged ? Leaf.ENTRY_BYTES : LeafImage.bytes(1));
    if (there) {
      tree.set(LeafTree.CHANGED, leafIndex);
    }
    int roomy = resized(leafIndex, leaf, count, count + 1);
    MemorySegment m = cells.slab(roomy);
    long base = Cells.base(roomy);
    long entry = Leaf.entry(base, rank);
    long tail = (long) (count - rank) * Leaf.ENTRY_BYTES;
    MemorySegment.copy(m, entry, m, entry + Leaf.ENTRY_BYTES, tail);
    Leaf.write(m, entry, location, crc);
    Leaf.flip(m, base, index);
  }

  private void takeOut(long leafIndex, int leaf, int index, int rank) {
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    int count = Leaf.count(m, base);
    if (count == 1) {
      takeOutLast(leafIndex, leaf);
      return;
    }
    cells.imageGrows(-Leaf.ENTRY_BYTES);
    tree.set(LeafTree.CHANGED, leafIndex);
    long entry = Leaf.entry(base, rank);
    long tail = (long) (count - rank - 1) * Leaf.ENTRY_BYTES;
    MemorySegment.copy(m, entry + Leaf.ENTRY_BYTES, m, entry, tail);
    Leaf.flip(m, base, index);
    resized(leafIndex, leaf, count, count - 1);
  }

  private void takeOutLast(long leafIndex, int leaf) {
    if (Leaf.whiteElsewhere(leaf)) {
      cells.imageGrows(Chunk.LEAF_HEADER_BYTES - LeafImage.bytes(1));
      cells.whiteMayGrow(LiveImage.bytesMax(Leaf.WHITE) - LiveImage.bytesMax(leaf));
      link(leafIndex, Leaf.WHITE);
    } else {
      cells.imageGrows(-LeafImage.bytes(1));
      cells.whiteMayGrow(-LiveImage.bytesMax(leaf));
      leaves--;
      cells.leavesGrow(-1);
      tree.remove(leafIndex);
    }
    cells.free(leaf, Leaf.cellBytes(1));
  }

  /** The leaf in a cell that fits {@code to} entries, of which {@code min(from, to)} are kept. */
  private int resized(long leafIndex, int leaf, int from, int to) {
    boolean there = hasCell(leaf);
    if (there && Leaf.cellBytes(from) == Leaf.cellBytes(to)) {
      return leaf;
    }
    int fresh = cells.allocate(Leaf.cellBytes(to));
    MemorySegment m = cells.slab(fresh);
    long base = Cells.base(fresh);
    if (there) {
      long kept = Leaf.ENTRIES + (long) Math.min(from, to) * Leaf.ENTRY_BYTES;
      MemorySegment.copy(cells.slab(leaf), Cells.base(leaf), m, base, kept);
      cells.free(leaf, Leaf.cellBytes(from));
    } else {
      m.asSlice(base, Leaf.ENTRIES).fill((byte) 0);
    }
    if (leaf == 0) {
      leaves++;
      cells.leavesGrow(1);
      cells.whiteMayGrow(LiveImage.bytesMax(fresh));
    } else if (leaf == Leaf.WHITE) {
      cells.imageGrows(-Chunk.LEAF_HEADER_BYTES);
      cells.whiteMayGrow(LiveImage.bytesMax(fresh) - LiveImage.bytesMax(leaf));
    }
    int flagged = Leaf.whiteElsewhere(leaf) ? fresh | Leaf.WHITE_ELSEWHERE : fresh;
    link(leafIndex, flagged);
    return flagged;
  }

  private void link(long leafIndex, int leaf) {
    tree.put(leafIndex, leaf);
    tree.set(LeafTree.CHANGED, leafIndex);
  }
}
