package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Where the blocks of one layer are: a sparse radix tree with {@link Leaf}s of 2 MiB of addresses.
 *
 * <p>Inner nodes are cells of 64 handles. The tree grows at the root, so that an empty layer costs
 * nothing and a lookup costs as many steps as the highest address needs. Owner thread only.
 */
final class LayerMap {
  private static final int FANOUT_BITS = 6;
  private static final int FANOUT = 1 << FANOUT_BITS;
  private static final int HANDLES_BYTES = FANOUT * 4;

  /** Behind the handles of a lowest node: a bit for each leaf that no checkpoint has as it is. */
  private static final int CHANGED = HANDLES_BYTES;

  private static final int NODE_BYTES = CHANGED + 8;
  private static final int LEVELS_MAX = 8;

  /** Of a bitmap with a bit for each block of a leaf. */
  static final int BITMAP_WORDS = Leaf.BLOCKS / 64;

  private final Cells cells;
  private final int[] path = new int[LEVELS_MAX];
  private int root;
  private int levels;
  private long blocks;
  private long whiteouts;
  private long leaves;
  private int foundCrc;

  /** The lowest node that {@link #leaf} came through last. */
  private int lowest;

  /** No checkpoint has any of its leaves as of this layer. */
  private boolean moved;

  LayerMap(Cells cells) {
    this.cells = cells;
  }

  /** Blocks with data. */
  long blocks() {
    return blocks;
  }

  /** Entries that are whiteouts, those of leaves that are white elsewhere not counted. */
  long whiteouts() {
    return whiteouts;
  }

  /** Entries of both sorts. */
  long entries() {
    return blocks + whiteouts;
  }

  long leaves() {
    return leaves;
  }

  boolean empty() {
    return leaves == 0;
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
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    int index = (int) (block % Leaf.BLOCKS);
    if (!Leaf.has(m, base, index)) {
      return Leaf.elsewhere(leaf);
    }
    long entry = Leaf.entry(base, Leaf.rank(m, base, index));
    foundCrc = Leaf.crc(m, entry);
    return Leaf.location(m, entry);
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
    if (hasCell(leaf)) {
      MemorySegment m = cells.slab(leaf);
      long base = Cells.base(leaf);
      if (Leaf.has(m, base, index)) {
        long entry = Leaf.entry(base, Leaf.rank(m, base, index));
        long old = Leaf.location(m, entry);
        count(old, -1);
        Leaf.write(m, entry, location, crc);
        mark(lowest, leafIndex);
        return old;
      }
    }
    insert(leafIndex, leaf, index, location, crc);
    return Leaf.elsewhere(leaf);
  }

  /**
   * Forgets a block and returns what stood there as an entry. In a leaf that is white elsewhere a
   * forgotten block is a whiteout.
   */
  long remove(long block) {
    long leafIndex = block / Leaf.BLOCKS;
    int index = (int) (block % Leaf.BLOCKS);
    int leaf = leaf(leafIndex);
    if (!hasCell(leaf) || !Leaf.has(cells.slab(leaf), Cells.base(leaf), index)) {
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

  /** Changes places with another map of the same cells. */
  void exchange(LayerMap other) {
    int otherRoot = other.root;
    int otherLevels = other.levels;
    long otherBlocks = other.blocks;
    long otherWhiteouts = other.whiteouts;
    long otherLeaves = other.leaves;
    other.root = root;
    other.levels = levels;
    other.blocks = blocks;
    other.whiteouts = whiteouts;
    other.leaves = leaves;
    other.moved = true;
    moved = true;
    root = otherRoot;
    levels = otherLevels;
    blocks = otherBlocks;
    whiteouts = otherWhiteouts;
    leaves = otherLeaves;
  }

  /** Whether a leaf of this map has any. */
  boolean hasWhiteouts(int leaf) {
    return Leaf.whiteElsewhere(leaf) || (whiteouts > 0 && leaf != 0 && hasWhiteEntry(leaf));
  }

  private boolean hasWhiteEntry(int leaf) {
    MemorySegment m = cells.slab(leaf);
    long base = Cells.base(leaf);
    int count = Leaf.count(m, base);
    int rank = 0;
    while (rank < count && Leaf.location(m, Leaf.entry(base, rank)) != Location.WHITEOUT) {
      rank++;
    }
    return rank < count;
  }

  /** Whether an existing leaf is not as the last checkpoint has it. */
  boolean changed(long leafIndex) {
    if (moved || leaf(leafIndex) == 0) {
      return true;
    }
    return ((Bytes.u64(cells.slab(lowest), Cells.base(lowest) + CHANGED) >>> leafIndex) & 1) != 0;
  }

  /** A checkpoint takes an existing leaf as it is now. */
  void written(long leafIndex) {
    if (leaf(leafIndex) != 0) {
      long at = Cells.base(lowest) + CHANGED;
      MemorySegment m = cells.slab(lowest);
      Bytes.u64(m, at, Bytes.u64(m, at) & ~(1L << leafIndex));
    }
  }

  /** A checkpoint has gone through all leaves. */
  void written() {
    moved = false;
  }

  private void mark(int node, long leafIndex) {
    long at = Cells.base(node) + CHANGED;
    MemorySegment m = cells.slab(node);
    Bytes.u64(m, at, Bytes.u64(m, at) | (1L << leafIndex));
  }

  /** The handle of a leaf: 0 when there is none, {@link Leaf#WHITE} when all whiteouts. */
  int leaf(long leafIndex) {
    if (root == 0 || leafIndex >>> (levels * FANOUT_BITS) != 0) {
      return 0;
    }
    int node = root;
    for (int level = levels - 1; level >= 0 && node != 0; level--) {
      lowest = node;
      node = child(node, leafIndex, level);
    }
    return node;
  }

  /** The smallest index of an existing leaf at or after {@code from}; -1 when there is none. */
  long nextLeaf(long from) {
    if (root == 0 || from >>> (levels * FANOUT_BITS) != 0) {
      return -1;
    }
    return nextLeaf(root, levels - 1, from, 0);
  }

  /** Puts a whole leaf of whiteouts where no leaf is. */
  void putWhiteLeaf(long leafIndex) {
    adoptLeaf(leafIndex, Leaf.WHITE);
  }

  /** Takes a whole leaf out without freeing its cell; for {@link #adoptLeaf} or freeing. */
  int detachLeaf(long leafIndex) {
    int leaf = leaf(leafIndex);
    countLeaf(leaf, -1);
    unlink(leafIndex);
    return leaf;
  }

  /** Puts in a whole leaf that another map has detached, where no leaf is. */
  void adoptLeaf(long leafIndex, int leaf) {
    countLeaf(leaf, 1);
    link(leafIndex, leaf);
  }

  /** Puts in a leaf of {@code count} entries as a checkpoint holds it, where no leaf is. */
  void loadLeaf(long leafIndex, MemorySegment from, long at, int count, boolean white) {
    int leaf = cells.allocate(Leaf.cellBytes(count));
    long bytes = Leaf.ENTRIES + (long) count * Leaf.ENTRY_BYTES;
    MemorySegment.copy(from, at, cells.slab(leaf), Cells.base(leaf), bytes);
    adoptLeaf(leafIndex, white ? leaf | Leaf.WHITE_ELSEWHERE : leaf);
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
    return leaf != 0 && leaf != Leaf.WHITE;
  }

  private void insert(long leafIndex, int leaf, int index, long location, int crc) {
    boolean there = hasCell(leaf);
    int count = there ? Leaf.count(cells.slab(leaf), Cells.base(leaf)) : 0;
    int rank = there ? Leaf.rank(cells.slab(leaf), Cells.base(leaf), index) : 0;
    cells.imageGrows(there ? Leaf.ENTRY_BYTES : LeafImage.bytes(1));
    if (there) {
      mark(lowest, leafIndex);
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
    mark(lowest, leafIndex);
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
      unlink(leafIndex);
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
      cells.whiteMayGrow(LiveImage.bytesMax(fresh));
    } else if (leaf == Leaf.WHITE) {
      cells.imageGrows(-Chunk.LEAF_HEADER_BYTES);
      cells.whiteMayGrow(LiveImage.bytesMax(fresh) - LiveImage.bytesMax(leaf));
    }
    int flagged = Leaf.whiteElsewhere(leaf) ? fresh | Leaf.WHITE_ELSEWHERE : fresh;
    link(leafIndex, flagged);
    return flagged;
  }

  private int child(int node, long leafIndex, int level) {
    return Bytes.u32(cells.slab(node), childAt(node, leafIndex, level));
  }

  private static long childAt(int node, long leafIndex, int level) {
    return Cells.base(node) + ((leafIndex >>> (level * FANOUT_BITS)) & (FANOUT - 1)) * 4;
  }

  private void link(long leafIndex, int leaf) {
    reach(leafIndex);
    int node = root;
    for (int level = levels - 1; level > 0; level--) {
      int next = child(node, leafIndex, level);
      if (next == 0) {
        next = newNode();
        Bytes.u32(cells.slab(node), childAt(node, leafIndex, level), next);
      }
      node = next;
    }
    Bytes.u32(cells.slab(node), childAt(node, leafIndex, 0), leaf);
    mark(node, leafIndex);
  }

  /** Grows the tree until it has a place for this leaf. */
  private void reach(long leafIndex) {
    if (root == 0) {
      root = newNode();
      levels = 1;
      while (leafIndex >>> (levels * FANOUT_BITS) != 0) {
        levels++;
      }
    }
    while (leafIndex >>> (levels * FANOUT_BITS) != 0) {
      int node = newNode();
      Bytes.u32(cells.slab(node), Cells.base(node), root);
      root = node;
      levels++;
    }
  }

  private int newNode() {
    int node = cells.allocate(NODE_BYTES);
    cells.slab(node).asSlice(Cells.base(node), NODE_BYTES).fill((byte) 0);
    return node;
  }

  /** Clears the leaf's handle and frees the inner nodes that are empty then. */
  private void unlink(long leafIndex) {
    int node = root;
    for (int level = levels - 1; level > 0; level--) {
      path[level] = node;
      node = child(node, leafIndex, level);
    }
    path[0] = node;
    for (int level = 0; level < levels; level++) {
      node = path[level];
      Bytes.u32(cells.slab(node), childAt(node, leafIndex, level), 0);
      if (!childless(node)) {
        return;
      }
      cells.free(node, NODE_BYTES);
    }
    root = 0;
    levels = 0;
  }

  private boolean childless(int node) {
    MemorySegment m = cells.slab(node);
    long base = Cells.base(node);
    for (int at = 0; at < HANDLES_BYTES; at += 8) {
      if (Bytes.u64(m, base + at) != 0) {
        return false;
      }
    }
    return true;
  }

  private long nextLeaf(int node, int level, long from, long prefix) {
    int first = (int) ((from >>> (level * FANOUT_BITS)) & (FANOUT - 1));
    for (int i = first; i < FANOUT; i++) {
      int next = Bytes.u32(cells.slab(node), Cells.base(node) + i * 4L);
      if (next == 0) {
        continue;
      }
      long index = (prefix << FANOUT_BITS) | i;
      if (level == 0) {
        return index;
      }
      long found = nextLeaf(next, level - 1, i == first ? from : 0, index);
      if (found >= 0) {
        return found;
      }
    }
    return -1;
  }
}
