package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A commit in the making: its blocks lie in memory as they will on the disk, behind room for the
 * header, so that the whole goes out as one write.
 *
 * <p>A block that is written again goes to the slot that is left over, and then its old slot is: so
 * that what was answered stays whole whenever the process is killed.
 *
 * <p>Life: opened on a place in a segment → filled → sealed → written → applied → reused.
 */
final class Batch implements Disk.Done {
  static final int RECORD_BYTES_MAX = 4096;

  /** Told when the write of a batch has ended. */
  interface Written {
    void written(Batch batch, int errno);
  }

  final PageBuffer buffer;
  final boolean relocation;
  final int number;
  final Layer[] layers;
  final long[] addresses;
  final long[] births;
  final long[] sources;
  final long[] sourceSequences;
  final int[] crcs;
  final boolean[] damaged;
  final MemorySegment records;

  long epoch;
  long sequence;
  long durableLsn;
  long segmentSequence;
  int previousCrc;
  int headerCrc;
  int segment;
  int page;
  int stream;
  int headerPages;
  int count;

  /** The slot that the next block is put into: the one of the first {@code count + 1} left over. */
  int spare;

  int recordCount;
  int recordBytes;
  long openedNanos;
  boolean complete;

  /** What went to the disk last with so many blocks: no object for each commit. */
  private final @Nullable MemorySegment[] images;

  private final int blocksMax;
  private final int roomPages;
  private final Written written;

  /** The memory of a batch: room for header and blocks, and one block more; and for records. */
  record Room(PageBuffer image, MemorySegment records, int blocksMax) {}

  /** In memory of this process. */
  Batch(Arena arena, int number, int blocksMax, boolean relocation, Written written) {
    this(
        new Room(
            new PageBuffer(arena, imageBytes(blocksMax, relocation)),
            MemorySegment.ofArray(new byte[RECORD_BYTES_MAX]),
            blocksMax),
        number,
        relocation,
        written);
  }

  /** Entries of relocations are longer. */
  Batch(Room room, int number, boolean relocation, Written written) {
    this.number = number;
    this.relocation = relocation;
    this.written = written;
    buffer = room.image();
    records = room.records();
    blocksMax = room.blocksMax();
    roomPages = headerPagesMax(blocksMax, relocation);
    int slots = blocksMax + 1;
    images = new MemorySegment[slots];
    layers = new Layer[slots];
    addresses = new long[slots];
    births = new long[slots];
    sources = new long[relocation ? slots : 0];
    sourceSequences = new long[relocation ? slots : 0];
    crcs = new int[slots];
    damaged = new boolean[relocation ? slots : 0];
  }

  /** The most header pages, then a page for each block and one more. */
  static long imageBytes(int blocksMax, boolean relocation) {
    return (headerPagesMax(blocksMax, relocation) + blocksMax + 1L) * Bytes.PAGE;
  }

  private static int headerPagesMax(int blocksMax, boolean relocation) {
    return CommitHeader.headerPages(blocksMax, entryBytes(relocation), RECORD_BYTES_MAX);
  }

  int entryBytes() {
    return entryBytes(relocation);
  }

  private static int entryBytes(boolean relocation) {
    return relocation ? CommitHeader.RELOCATION_ENTRY_BYTES : CommitHeader.ENTRY_BYTES;
  }

  void open(LogHead head, long nowNanos) {
    segment = head.segment();
    segmentSequence = head.sequence();
    page = head.nextPage();
    stream = head.stream();
    count = 0;
    spare = 0;
    recordCount = 0;
    recordBytes = 0;
    openedNanos = nowNanos;
    complete = false;
  }

  boolean isEmpty() {
    return count == 0 && recordCount == 0;
  }

  /** Whether so much more would fit the place in the segment and the memory. */
  boolean fits(int moreBlocks, int moreRecordBytes, int pagesLeft) {
    int blocks = count + moreBlocks;
    int bytes = recordBytes + moreRecordBytes;
    return blocks <= blocksMax
        && bytes <= RECORD_BYTES_MAX
        && CommitHeader.headerPages(blocks, entryBytes(), bytes) + blocks <= pagesLeft;
  }

  /** Makes the spare slot, where the content is to be, a block more; returns the slot. */
  int add(Layer layer, long address) {
    int slot = spare;
    layers[slot] = layer;
    addresses[slot] = address;
    spare = ++count;
    return slot;
  }

  /** Makes the spare slot the block that was in {@code old}, which becomes the spare one. */
  int replace(int old) {
    int slot = spare;
    layers[slot] = layers[old];
    addresses[slot] = addresses[old];
    spare = old;
    return slot;
  }

  /** The slot whose block must move to the spare one, so that no slot is left out; -1: none. */
  int beyondSpare() {
    return spare == count ? -1 : count;
  }

  /** Copies the block in a slot to the spare one. */
  void copyToSpare(int slot) {
    MemorySegment m = buffer.memory;
    MemorySegment.copy(m, blockAt(slot), m, blockAt(spare), Bytes.PAGE);
  }

  int blockAt(int index) {
    return (roomPages + index) * Bytes.PAGE;
  }

  int headerAt() {
    return (roomPages - headerPages) * Bytes.PAGE;
  }

  int pages() {
    return headerPages + count;
  }

  /** Before it is sealed: the pages that it will have as it is now. */
  int pagesWhenSealed() {
    return headerPagesNow() + count;
  }

  private int headerPagesNow() {
    return CommitHeader.headerPages(count, entryBytes(), recordBytes);
  }

  /** Where block {@code index} will be found once written. */
  long location(int index) {
    return Location.of(segment, page + headerPages + index);
  }

  /** Encodes the header; the batch is immutable from now on. */
  void seal(Checksum checksum) {
    headerPages = headerPagesNow();
    MemorySegment m = buffer.memory;
    long at = headerAt();
    m.asSlice(at, (long) headerPages * Bytes.PAGE).fill((byte) 0);
    for (int i = 0; i < count; i++) {
      if (!relocation) {
        births[i] = sequence;
        crcs[i] = checksum.block(buffer, blockAt(i), addresses[i]);
      }
      encodeEntry(m, at + CommitHeader.FIXED_BYTES + (long) i * entryBytes(), i);
    }
    long recordsAt = at + CommitHeader.FIXED_BYTES + (long) count * entryBytes();
    MemorySegment.copy(records, 0, m, recordsAt, recordBytes);
    headerCrc = CommitHeader.seal(buffer, (int) at, checksum, this);
  }

  private void encodeEntry(MemorySegment m, long at, int i) {
    int flags = relocation && damaged[i] ? CommitHeader.FLAG_DAMAGED : 0;
    Bytes.u64(m, at, layers[i].id);
    Bytes.u64(m, at + 8, addresses[i] | ((long) flags << 48));
    Bytes.u64(m, at + 16, births[i]);
    Bytes.u32(m, at + 24, crcs[i]);
    Bytes.u8(m, at + 28, Bytes.PAGE / Bytes.SECTOR);
    if (relocation) {
      Bytes.u32(m, at + 32, Location.segment(sources[i]));
      Bytes.u16(m, at + 36, Location.slot(sources[i]));
      Bytes.u64(m, at + 40, sourceSequences[i]);
    }
  }

  void submit(Disk disk, Geometry geometry) {
    disk.write(geometry.offset(segment, page), image(), this);
  }

  /** What goes to the disk; once sealed. */
  MemorySegment image() {
    long bytes = (long) pages() * Bytes.PAGE;
    MemorySegment known = images[count];
    // Of one count the length tells how long the header is, and so where it begins.
    if (known == null || known.byteSize() != bytes) {
      known = buffer.memory.asSlice(headerAt(), bytes);
      images[count] = known;
    }
    return known;
  }

  @Override
  public void done(int errno) {
    written.written(this, errno);
  }
}
