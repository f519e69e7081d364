package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The records of a store as text, for people: what is there, whether or not it makes sense. Reads
 * only, and needs no more than one good superblock.
 */
public final class StoreDump {
  private final BlockingDisk disk;
  private final Arena arena = Arena.ofAuto();
  private final Consumer<String> out;
  private final StoreHeads heads;

  /** Lines go to {@code out}. */
  public StoreDump(Storage storage, Consumer<String> out) {
    disk = new BlockingDisk(storage);
    this.out = out;
    heads = StoreHeads.read(disk, arena);
  }

  /** How many segments the store has, segment 0 included; 0 without a good superblock. */
  public int segments() {
    Superblock superblock = heads.superblock();
    return superblock == null ? 0 : superblock.geometry().segments();
  }

  /** Superblocks, roots and the checkpoint, with its leaves in one line for each chunk. */
  public void overview() {
    heads();
    Superblock superblock = heads.superblock();
    Root root = heads.root();
    if (superblock == null || root == null) {
      return;
    }
    ChunkReader reader = new ChunkReader(disk, superblock, arena);
    List<ChunkReference> listed = new ArrayList<>();
    for (ChunkReference reference : root.directory()) {
      if (chunk(reader, reference)) {
        int room = Bytes.PAGE * reference.pages() - Chunk.HEADER_BYTES;
        int items = Math.min(Chunk.items(reader.buffer), room / ChunkReference.BYTES);
        for (int i = 0; i < items; i++) {
          long at = Chunk.HEADER_BYTES + (long) i * ChunkReference.BYTES;
          listed.add(ChunkReference.read(reader.buffer.memory, at));
        }
      }
    }
    listed.forEach(reference -> chunk(reader, reference));
  }

  /** Everything in a segment; segment 0 holds superblocks and roots. */
  public void segment(int segment) {
    Superblock superblock = heads.superblock();
    if (segment == 0 || superblock == null) {
      heads();
      return;
    }
    new Segment(superblock, segment).run();
  }

  private void heads() {
    for (int i = 0; i < 2; i++) {
      String where = "superblock segment 0 page " + StoreHeads.SUPERBLOCK_PAGES[i] + ": ";
      switch (heads.superblocks().get(i)) {
        case Superblock.Found.Good good -> out.accept(where + withoutSecret(good.superblock()));
        case Superblock.Found.Absent _ -> out.accept(where + "none that is readable");
        case Superblock.Found.Refused refused -> out.accept(where + refused.reason());
      }
    }
    for (int i = 0; i < 2; i++) {
      Root root = heads.roots().get(i);
      out.accept(
          "root segment 0 page %d: %s"
              .formatted(StoreHeads.ROOT_PAGES[i], root == null ? "none that is readable" : root));
    }
  }

  /** Dumps are sent around, and who knows the secret can make data that pass for commits. */
  private static String withoutSecret(Superblock s) {
    return "store %s epoch %d bytes %d segment bytes %d created %d recovered LSN %d header %08x"
        .formatted(
            s.uuid(),
            s.epoch(),
            s.storeBytes(),
            s.segmentBytes(),
            s.createdUnixMillis(),
            s.recoveredLsn(),
            s.recoveredCrc());
  }

  private boolean chunk(ChunkReader reader, ChunkReference reference) {
    if (!reader.read(reference)) {
      out.accept("chunk %s: DAMAGED".formatted(reference));
      return false;
    }
    MemorySegment chunk = reader.buffer.pages(0, reference.pages());
    items(chunk, reference.segment(), reference.page(), false);
    return true;
  }

  private void items(MemorySegment m, int segment, int page, boolean leaves) {
    int kind = Bytes.u32(m, 40);
    int items = Bytes.u32(m, 44);
    out.accept(
        "chunk segment %d page %d pages %d: checkpoint %d %s, %d items"
            .formatted(segment, page, Bytes.u16(m, 58), Bytes.u64(m, 24), name(kind), items));
    int at = Chunk.HEADER_BYTES;
    for (int i = 0; i < items; i++) {
      if (!fits(m, at, kind)) {
        out.accept("  item %d does not fit the chunk, or makes no sense".formatted(i));
        return;
      }
      switch (kind) {
        case Chunk.DIRECTORY -> {
          out.accept("  " + ChunkReference.read(m, at));
          at += ChunkReference.BYTES;
        }
        case Chunk.CATALOG -> {
          out.accept("  " + record(m, at));
          at = Records.next(m, at);
        }
        case Chunk.SEGMENTS -> {
          out.accept("  " + segmentItem(m, at));
          at += Chunk.SEGMENT_BYTES;
        }
        case Chunk.RESERVE -> {
          out.accept("  reserve segment " + Bytes.u32(m, at));
          at += 4;
        }
        case Chunk.LIVE -> at = live(m, at);
        case Chunk.INDEX -> at = run(m, at);
        case Chunk.MAP -> at = leaf(m, at, leaves);
        default -> {
          return;
        }
      }
    }
  }

  /** Whether an item of the kind, as long as it says to be, is within the chunk. */
  private boolean fits(MemorySegment m, long at, int kind) {
    long end = m.byteSize();
    return switch (kind) {
      case Chunk.DIRECTORY -> at + ChunkReference.BYTES <= end;
      case Chunk.CATALOG -> Records.fits(m, at, end);
      case Chunk.SEGMENTS -> at + Chunk.SEGMENT_BYTES <= end;
      case Chunk.RESERVE -> at + Integer.BYTES <= end;
      case Chunk.MAP -> LeafImage.fits(m, at, end);
      case Chunk.INDEX -> IndexImage.fits(m, at, end);
      case Chunk.LIVE -> LiveImage.fits(m, at, end, superblock().geometry());
      default -> true;
    };
  }

  private static String name(int kind) {
    return switch (kind) {
      case Chunk.DIRECTORY -> "DIRECTORY";
      case Chunk.CATALOG -> "CATALOG";
      case Chunk.SEGMENTS -> "SEGMENTS";
      case Chunk.RESERVE -> "RESERVE";
      case Chunk.MAP -> "MAP";
      case Chunk.LIVE -> "LIVE";
      case Chunk.INDEX -> "INDEX";
      default -> "kind " + kind;
    };
  }

  private static String segmentItem(MemorySegment m, int at) {
    return "segment %d %s stream %d used pages %d sequence %d sealed at LSN %d"
        .formatted(
            Bytes.u32(m, at),
            Bytes.u8(m, at + 4) == SegmentTable.OPEN ? "open" : "sealed",
            Bytes.u8(m, at + 5),
            Bytes.u16(m, at + 6),
            Bytes.u64(m, at + 8),
            Bytes.u64(m, at + 16));
  }

  private int live(MemorySegment m, int at) {
    if (Bytes.u32(m, at) != LiveImage.NO_SEGMENT) {
      Geometry geometry = superblock().geometry();
      out.accept(
          "  live segment %d sequence %d slots %d"
              .formatted(Bytes.u32(m, at), Bytes.u64(m, at + 8L), Bytes.u32(m, at + 4L)));
      return at + LiveImage.segmentBytes(geometry);
    }
    boolean whole = (Bytes.u32(m, at + 4L) & LiveImage.FLAG_WHOLE) != 0;
    int bitmap = at + LiveImage.WHITE_HEADER_BYTES;
    out.accept(
        "  whiteouts layer %s blocks %d.. %s"
            .formatted(
                Finding.idText(Bytes.u64(m, at + 8L)),
                Bytes.u64(m, at + 16L) * Leaf.BLOCKS,
                whole ? "all" : Integer.toString(Leaf.count(m, bitmap))));
    return whole ? bitmap : bitmap + LiveImage.BITMAP_BYTES;
  }

  private int run(MemorySegment m, int at) {
    MapChunk.Run run = IndexImage.run(m, at);
    out.accept(
        "  %s layer %s leaves %d from block %d, %d blocks, %d whiteouts, %d leaves of whiteouts"
            .formatted(
                IndexImage.begins(m, at) ? "chunk:" : "and",
                Finding.idText(run.layerId()),
                run.leaves(),
                IndexImage.leaf(m, at, 0) * Leaf.BLOCKS,
                run.blocks(),
                run.whiteouts(),
                run.wholes()));
    return at + IndexImage.bytes(m, at);
  }

  private Superblock superblock() {
    return java.util.Objects.requireNonNull(heads.superblock());
  }

  private static String record(MemorySegment m, int at) {
    return switch (Records.type(m, at)) {
      case Chunk.TYPE_LAYER ->
          "layer %s parent %s%s"
              .formatted(
                  Finding.idText(Records.number(m, at, 0)),
                  Finding.idText(Records.number(m, at, 1)),
                  (Records.number(m, at, 2) & 1) == 0 ? "" : " frozen");
      case Chunk.TYPE_MERGED ->
          "layer %s merged into %s"
              .formatted(
                  Finding.idText(Records.number(m, at, 0)),
                  Finding.idText(Records.number(m, at, 1)));
      case Records.TYPE_ZEROED ->
          "zeroed layer %s block %d blocks %d"
              .formatted(
                  Finding.idText(Records.number(m, at, 0)),
                  Records.number(m, at, 1),
                  Records.number(m, at, 2));
      case 1, 2, 3, 4, 5, 6 -> Records.decode(m, at).toString();
      default -> "record of unknown type " + Records.type(m, at);
    };
  }

  private int leaf(MemorySegment m, int at, boolean entries) {
    long index = Bytes.u64(m, at + 8);
    int count = Bytes.u16(m, at + 16);
    boolean white = count == Chunk.WHITE_LEAF;
    out.accept(
        "  leaf layer %s blocks %d.. %s"
            .formatted(
                Finding.idText(Bytes.u64(m, at)),
                index * Leaf.BLOCKS,
                white ? "all whiteouts" : count + " entries" + elsewhere(m, at)));
    int leaf = at + Chunk.LEAF_HEADER_BYTES;
    if (white) {
      return leaf;
    }
    int i = -1;
    for (int rank = 0; rank < count && entries; rank++) {
      i = Leaf.next(m, leaf, i + 1);
      long entry = Leaf.entry(leaf, rank);
      long location = Leaf.location(m, entry);
      out.accept(
          location == Location.WHITEOUT
              ? "    block %d whiteout".formatted(index * Leaf.BLOCKS + i)
              : "    block %d segment %d page %d checksum %08x"
                  .formatted(
                      index * Leaf.BLOCKS + i,
                      Location.segment(location),
                      Location.slot(location),
                      Leaf.crc(m, entry)));
    }
    return at + LeafImage.bytes(count);
  }

  private static String elsewhere(MemorySegment m, int at) {
    boolean white = (Bytes.u16(m, at + 18) & Chunk.FLAG_WHITE_ELSEWHERE) != 0;
    return white ? ", the other blocks are whiteouts" : "";
  }

  /** One segment, page by page: commits and chunks of any use, then the summary. */
  private final class Segment {
    private final Geometry geometry;
    private final Checksum checksum;
    private final PageBuffer buffer;
    private final int segment;

    Segment(Superblock superblock, int segment) {
      geometry = superblock.geometry();
      checksum = superblock.checksum();
      buffer = new PageBuffer(arena, geometry.segmentBytes());
      this.segment = segment;
    }

    void run() {
      int errno = disk.read(geometry.offset(segment, 0), buffer.memory);
      if (errno != 0) {
        out.accept("segment %d can't be read: errno %d".formatted(segment, errno));
        return;
      }
      int page = 0;
      while (page < geometry.usablePages()) {
        page += Math.max(1, at(page));
      }
      summary();
    }

    /** How many pages the thing at a page takes; 0 when nothing that is known begins there. */
    private int at(int page) {
      MemorySegment m = buffer.memory;
      int at = page * Bytes.PAGE;
      CommitHeader.Fields commit =
          CommitHeader.decode(buffer, page, segment, geometry.usablePages(), checksum);
      if (commit != null) {
        commit(commit);
        return commit.pages();
      }
      if (CommitHeader.looksLikeOne(m, at, segment, page, checksum)) {
        out.accept("commit page %d: DAMAGED".formatted(page));
      }
      if (Bytes.u64(m, at) == Chunk.MAGIC && Bytes.sameUuid(m, at + 8, checksum.store())) {
        return chunkAt(page);
      }
      return 0;
    }

    private int chunkAt(int page) {
      MemorySegment m = buffer.memory;
      int at = page * Bytes.PAGE;
      int pages = Bytes.u16(m, at + 58);
      boolean good =
          page + pages <= geometry.usablePages()
              && pages > 0
              && Bytes.u32(m, at + Chunk.CRC)
                  == checksum.around(buffer, at, pages * Bytes.PAGE, Chunk.CRC);
      if (!good) {
        out.accept("chunk page %d: DAMAGED, or the rest of one".formatted(page));
        return 0;
      }
      items(buffer.pages(page, pages), segment, page, true);
      return pages;
    }

    private void commit(CommitHeader.Fields c) {
      boolean user = c.commitClass() == CommitHeader.CLASS_USER;
      out.accept(
          ("commit page %d pages %d+%d: %s %d, segment sequence %d epoch %d stream %d durable LSN %d"
                  + " previous %08x checksum %08x")
              .formatted(
                  c.page(),
                  c.headerPages(),
                  c.dataPages(),
                  user ? "LSN" : "relocation",
                  c.sequence(),
                  c.segmentSequence(),
                  c.epoch(),
                  c.stream(),
                  c.durableLsn(),
                  c.previousCrc(),
                  c.crc()));
      MemorySegment m = buffer.memory;
      int header = c.page() * Bytes.PAGE;
      for (int i = 0; i < c.entries(); i++) {
        int slot = c.slot(i);
        int entry = c.entryAt(i);
        out.accept("  page %d %s%s".formatted(slot, entry(m, entry), data(slot, entry)));
      }
      int at = header + c.recordsAt();
      int end = at + c.recordBytes();
      for (int i = 0; i < c.records(); i++) {
        if (!Records.fits(m, at, end)) {
          out.accept("  record %d does not fit the commit, or makes no sense".formatted(i));
          return;
        }
        out.accept("  " + record(m, at));
        at = Records.next(m, at);
      }
    }

    private String entry(MemorySegment m, long at) {
      return "layer %s block %d birth %d checksum %08x%s"
          .formatted(
              Finding.idText(Bytes.u64(m, at)),
              CommitHeader.block(m, at),
              Bytes.u64(m, at + 16),
              Bytes.u32(m, at + 24),
              CommitHeader.flags(m, at) == 0 ? "" : " flags " + CommitHeader.flags(m, at));
    }

    private String data(int slot, long entry) {
      int expected = Bytes.u32(buffer.memory, entry + 24);
      long block = CommitHeader.block(buffer.memory, entry);
      return checksum.block(buffer, slot * Bytes.PAGE, block) == expected ? "" : " DATA WRONG";
    }

    private void summary() {
      MemorySegment m = buffer.memory;
      int at = geometry.usablePages() * Bytes.PAGE;
      if (Bytes.u64(m, at) != Summary.MAGIC || !Bytes.sameUuid(m, at + 8, checksum.store())) {
        out.accept("summary: none");
        return;
      }
      int bytes = geometry.summaryPages() * Bytes.PAGE;
      boolean good =
          Bytes.u32(m, at + Summary.CRC) == checksum.around(buffer, at, bytes, Summary.CRC);
      out.accept(
          "summary page %d: segment sequence %d commits %d..%d entries %d stream %d%s"
              .formatted(
                  geometry.usablePages(),
                  Bytes.u64(m, at + 24),
                  Bytes.u64(m, at + 32),
                  Bytes.u64(m, at + 40),
                  Bytes.u16(m, at + 52),
                  Bytes.u8(m, at + 54),
                  good ? "" : ": DAMAGED"));
      for (int slot = 0; slot < geometry.usablePages() && good; slot++) {
        long entry = at + Summary.HEADER_BYTES + (long) slot * Summary.ENTRY_BYTES;
        if (Bytes.u64(m, entry) != 0) {
          out.accept("  page %d %s".formatted(slot, entry(m, entry)));
        }
      }
    }
  }
}
