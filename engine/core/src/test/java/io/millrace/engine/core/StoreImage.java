package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The bytes of a store, and where each structure in them is. A structure may be changed in any way;
 * then all checksums are made right again, those that other structures carry of it too, as only a
 * bug of ours or somebody who knows the store's secret could do it. One thread.
 */
final class StoreImage {
  private static final Checksum NO_STORE = new Checksum(new java.util.UUID(0, 0), 0);

  /**
   * A structure on the disk.
   *
   * @param fieldBytes how far its numbers go; behind them may be zeros
   */
  record Piece(String name, long page, int pages, int crcAt, int fieldBytes) {
    long at() {
      return page * Bytes.PAGE;
    }

    @Override
    public String toString() {
      return name + " on page " + page;
    }
  }

  /** A copy of all pages. Its checksums can be made with a view of it, so it is one buffer. */
  private final PageBuffer image;

  private final byte[] original;
  private final Checksum checksum;
  private final Geometry geometry;
  private final int newestRoot;
  private final List<Piece> directories = new ArrayList<>();
  private final List<Piece> chunks = new ArrayList<>();
  private final List<Piece> commits = new ArrayList<>();
  private final List<Piece> summaries = new ArrayList<>();
  private final Map<Long, Piece> chunkAt = new HashMap<>();

  StoreImage(MemoryStorage disk, Checksum checksum) {
    this.checksum = checksum;
    original = new byte[(int) disk.sizeBytes()];
    for (int page = 0; page < original.length / Bytes.PAGE; page++) {
      System.arraycopy(disk.page(page), 0, original, page * Bytes.PAGE, Bytes.PAGE);
    }
    image = PageBuffer.copyOf(Arena.ofAuto(), original);
    geometry = Geometry.of(original.length, Bytes.u32(image.memory, 72));
    newestRoot =
        number(Geometry.ROOT_A) > number(Geometry.ROOT_B) ? Geometry.ROOT_A : Geometry.ROOT_B;
    findChunks();
    findLog();
  }

  private long number(int rootPage) {
    return Bytes.u64(image.memory, (long) rootPage * Bytes.PAGE + 24);
  }

  MemorySegment memory() {
    return image.memory;
  }

  long sizeBytes() {
    return original.length;
  }

  /** As it was. */
  void restore() {
    MemorySegment.copy(original, 0, image.memory, ValueLayout.JAVA_BYTE, 0, original.length);
  }

  /** Everything that can be changed, one of each pair of copies. */
  List<Piece> pieces() {
    List<Piece> all = new ArrayList<>();
    all.add(new Piece("superblock", Geometry.SUPERBLOCK_A, 1, 4092, 112));
    all.add(new Piece("root", newestRoot, 1, 4092, 96 + directories.size() * ChunkReference.BYTES));
    all.addAll(directories);
    all.addAll(chunks);
    all.addAll(commits);
    all.addAll(summaries);
    return all;
  }

  private void findChunks() {
    long root = (long) newestRoot * Bytes.PAGE;
    for (int i = 0; i < Bytes.u32(image.memory, root + 80); i++) {
      Piece directory = chunk(root + Root.REFERENCES_AT + (long) i * ChunkReference.BYTES);
      directories.add(directory);
      for (int j = 0; j < Bytes.u32(image.memory, directory.at() + 44); j++) {
        long at = directory.at() + Chunk.HEADER_BYTES + (long) j * ChunkReference.BYTES;
        chunks.add(chunk(at));
      }
    }
  }

  private Piece chunk(long referenceAt) {
    ChunkReference r = ChunkReference.read(image.memory, referenceAt);
    long page = (long) r.segment() * geometry.segmentPages() + r.page();
    int bytes = Bytes.u32(image.memory, page * Bytes.PAGE + 48);
    Piece piece =
        new Piece(
            "chunk of kind " + r.kind(), page, r.pages(), Chunk.CRC, Chunk.HEADER_BYTES + bytes);
    chunkAt.put(page, piece);
    return piece;
  }

  private void findLog() {
    for (int segment = SegmentTable.FIRST; segment < geometry.segments(); segment++) {
      long first = (long) segment * geometry.segmentPages();
      PageBuffer buffer = new PageBuffer(Arena.ofAuto(), geometry.segmentBytes());
      buffer.memory.copyFrom(image.memory.asSlice(first * Bytes.PAGE, geometry.segmentBytes()));
      for (int page = 0; page < geometry.usablePages(); page++) {
        CommitHeader.Fields f =
            CommitHeader.decode(buffer, page, segment, geometry.usablePages(), checksum);
        if (f != null) {
          int bytes = f.recordsAt() + f.recordBytes();
          commits.add(
              new Piece("commit " + f.sequence(), first + page, f.headerPages(), 124, bytes));
          page += f.pages() - 1;
        }
      }
      long summary = first + geometry.usablePages();
      if (Bytes.u64(image.memory, summary * Bytes.PAGE) == Summary.MAGIC) {
        int bytes = Summary.HEADER_BYTES + geometry.usablePages() * Summary.ENTRY_BYTES;
        summaries.add(new Piece("summary", summary, geometry.summaryPages(), Summary.CRC, bytes));
      }
    }
    commits.sort(Comparator.comparingLong(piece -> Bytes.u64(image.memory, piece.at() + 40)));
  }

  /** Makes every checksum right, of what the structures say now. */
  void resum() {
    long superblock = (long) Geometry.SUPERBLOCK_A * Bytes.PAGE;
    long root = (long) newestRoot * Bytes.PAGE;
    int previous = 0;
    for (Piece commit : commits) {
      if (Bytes.u32(image.memory, commit.at() + 80) != 0 && previous != 0) {
        Bytes.u32(image.memory, commit.at() + 80, previous);
      }
      int pages = Bytes.u16(image.memory, commit.at() + 64);
      previous = sum(commit, pages);
      long lsn = Bytes.u64(image.memory, commit.at() + 40);
      if (lsn == Bytes.u64(image.memory, superblock + 88)) {
        Bytes.u32(image.memory, superblock + 104, previous);
      }
      if (lsn == Bytes.u64(image.memory, root + 40)) {
        Bytes.u32(image.memory, root + 88, previous);
      }
    }
    summaries.forEach(summary -> sum(summary, summary.pages()));
    chunks.forEach(chunk -> sum(chunk, chunk.pages()));
    for (Piece directory : directories) {
      refer(directory.at() + Chunk.HEADER_BYTES, chunks.size());
      sum(directory, directory.pages());
    }
    refer(root + Root.REFERENCES_AT, directories.size());
    sum(new Piece("root", newestRoot, 1, 4092, 0), 1);
    Bytes.u32(image.memory, superblock + 4092, NO_STORE.plain(image, (int) superblock, 4092));
    copyTo(Geometry.SUPERBLOCK_A, Geometry.SUPERBLOCK_B);
    copyTo(newestRoot, newestRoot == Geometry.ROOT_A ? Geometry.ROOT_B : Geometry.ROOT_A);
  }

  private int sum(Piece piece, int pages) {
    long length = (long) pages * Bytes.PAGE;
    if (length == 0 || piece.at() + length > original.length) {
      length = (long) piece.pages() * Bytes.PAGE;
    }
    int sum = checksum.around(image, (int) piece.at(), (int) length, piece.crcAt());
    Bytes.u32(image.memory, piece.at() + piece.crcAt(), sum);
    return sum;
  }

  /** Puts the checksums of chunks into the references to them that begin here. */
  private void refer(long at, int references) {
    for (int i = 0; i < references; i++, at += ChunkReference.BYTES) {
      ChunkReference r = ChunkReference.read(image.memory, at);
      Piece chunk = chunkAt.get((long) r.segment() * geometry.segmentPages() + r.page());
      if (chunk != null && r.pages() > 0 && chunk.at() + r.pages() * 4096L <= original.length) {
        Bytes.u32(image.memory, at + 12, sum(chunk, r.pages()));
      }
    }
  }

  private void copyTo(long from, long to) {
    MemorySegment.copy(image.memory, from * Bytes.PAGE, image.memory, to * Bytes.PAGE, Bytes.PAGE);
  }

  /** A disk that begins with these bytes and keeps what is written to it to itself. */
  Storage disk() {
    return new Overlay();
  }

  private final class Overlay implements Storage {
    private final Map<Long, byte[]> written = new HashMap<>();
    private final List<long[]> ended = new ArrayList<>();

    @Override
    public long sizeBytes() {
      return original.length;
    }

    private boolean isThere(long offset, MemorySegment memory) {
      return offset >= 0
          && offset % Bytes.PAGE == 0
          && memory.byteSize() % Bytes.PAGE == 0
          && offset <= original.length - memory.byteSize();
    }

    @Override
    public void read(long offset, MemorySegment into, long ticket) {
      ended.add(new long[] {ticket, readNow(offset, into)});
    }

    @Override
    public int readNow(long offset, MemorySegment into) {
      if (!isThere(offset, into)) {
        return Errno.EIO;
      }
      for (long at = 0; at < into.byteSize(); at += Bytes.PAGE) {
        byte[] own = written.get((offset + at) / Bytes.PAGE);
        MemorySegment from =
            own == null
                ? image.memory.asSlice(offset + at, Bytes.PAGE)
                : MemorySegment.ofArray(own);
        MemorySegment.copy(from, 0, into, at, Bytes.PAGE);
      }
      return 0;
    }

    @Override
    public void write(long offset, MemorySegment from, long ticket) {
      if (!isThere(offset, from)) {
        ended.add(new long[] {ticket, Errno.EIO});
        return;
      }
      for (long at = 0; at < from.byteSize(); at += Bytes.PAGE) {
        byte[] page = from.asSlice(at, Bytes.PAGE).toArray(ValueLayout.JAVA_BYTE);
        written.put((offset + at) / Bytes.PAGE, page);
      }
      ended.add(new long[] {ticket, 0});
    }

    @Override
    public void sync(long ticket) {
      ended.add(new long[] {ticket, 0});
    }

    @Override
    public void drain(Completions sink) {
      List<long[]> now = List.copyOf(ended);
      ended.clear();
      now.forEach(end -> sink.completed(end[0], (int) end[1]));
    }
  }
}
