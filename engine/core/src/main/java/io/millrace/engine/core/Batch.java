package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A commit in the making: its blocks lie in memory as they will on the disk, behind room for the
 * header, so that the whole goes out as one write.
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
  final MemorySegment records = MemorySegment.ofArray(new byte[RECORD_BYTES_MAX]);

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
  int recordCount;
  int recordBytes;
  long openedNanos;
  boolean complete;

  private final int roomPages;
  private final Written written;

  /** Room for {@code blocksMax} blocks; for relocations the entries are longer. */
  Batch(Arena arena, int number, int blocksMax, boolean relocation, Written written) {
    this.number = number;
    this.relocation = relocation;
    this.written = written;
    roomPages = CommitHeader.headerPages(blocksMax, entryBytes(), RECORD_BYTES_MAX);
    buffer = new PageBuffer(arena, (long) (roomPages + blocksMax) * Bytes.PAGE);
    layers = new Layer[blocksMax];
    addresses = new long[blocksMax];
    births = new long[blocksMax];
    sources = new long[relocation ? blocksMax : 0];
    sourceSequences = new long[relocation ? blocksMax : 0];
    crcs = new int[blocksMax];
    damaged = new boolean[relocation ? blocksMax : 0];
  }

  int entryBytes() {
    return relocation ? CommitHeader.RELOCATION_ENTRY_BYTES : CommitHeader.ENTRY_BYTES;
  }

  void open(LogHead head, long nowNanos) {
    segment = head.segment();
    segmentSequence = head.sequence();
    page = head.nextPage();
    stream = head.stream();
    count = 0;
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
    return blocks <= layers.length
        && bytes <= RECORD_BYTES_MAX
        && CommitHeader.headerPages(blocks, entryBytes(), bytes) + blocks <= pagesLeft;
  }

  /** Adds a block whose content is to be put at {@link #blockAt}. */
  int add(Layer layer, long address) {
    layers[count] = layer;
    addresses[count] = address;
    return count++;
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

  /** Where block {@code index} will be found once written. */
  long location(int index) {
    return Location.of(segment, page + headerPages + index);
  }

  /** Encodes the header; the batch is immutable from now on. */
  void seal(Checksum checksum) {
    headerPages = CommitHeader.headerPages(count, entryBytes(), recordBytes);
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
    MemorySegment image = buffer.memory.asSlice(headerAt(), (long) pages() * Bytes.PAGE);
    disk.write(geometry.offset(segment, page), image, this);
  }

  @Override
  public void done(int errno) {
    written.written(this, errno);
  }
}
