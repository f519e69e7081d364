package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes on disk, byte by byte: a change here is a change of the format. */
class FormatTest {
  private static final UUID STORE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
  private static final long SECRET = 0x0123456789abcdefL;
  private final Arena arena = Arena.ofAuto();
  private final Checksum checksum = new Checksum(STORE, SECRET);
  private final PageBuffer page = new PageBuffer(arena, Bytes.PAGE);

  private static String hex(MemorySegment m, long at, int length) {
    return HexFormat.of().formatHex(m.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void superblock() {
    new Superblock(STORE, SECRET, 3, 1L << 30, 4 << 20, 1_700_000_000_000L, 77, 0x11223344)
        .encode(page);
    assertEquals(
        "4d494c4c524143450100000000100000" // MILLRACE, version 1, 4096 bytes
            + "00112233445566778899aabbccddeeff"
            + "000000000000000000000000000000000000000000000000" // features
            + "0300000000000000" // epoch
            + "00000040000000000000400000100000" // 1 GiB, 4 MiB segments, 4 KiB blocks
            + "0068e5cf8b0100004d00000000000000" // created, recovered LSN
            + "efcdab89674523014433221100000000", // secret, checksum of the recovered LSN's header
        hex(page.memory, 0, 112));
    assertInstanceOf(Superblock.Found.Good.class, Superblock.decode(page));
  }

  @Test
  void aTornSuperblockIsNone() {
    new Superblock(STORE, SECRET, 3, 1L << 30, 4 << 20, 0, 0, 0).encode(page);
    Bytes.u8(page.memory, 3000, 1);
    assertInstanceOf(Superblock.Found.Absent.class, Superblock.decode(page));
  }

  @Test
  void aNewerVersionAndAnUnknownFeatureAreRefusedByName() {
    new Superblock(STORE, SECRET, 3, 1L << 30, 4 << 20, 0, 0, 0).encode(page);
    Bytes.u32(page.memory, 8, 2);
    assertTrue(refusal().contains("version 2"), refusal());
    Bytes.u32(page.memory, 8, 1);
    Bytes.u64(page.memory, 48, 0x10);
    assertTrue(refusal().contains("0x10"), refusal());
  }

  private String refusal() {
    Bytes.u32(page.memory, 4092, checksum.plain(page, 0, 4092));
    return assertInstanceOf(Superblock.Found.Refused.class, Superblock.decode(page)).reason();
  }

  @Test
  void commit() {
    Batch batch = new Batch(arena, 0, 4, false, (_, _) -> {});
    Layer layer = new Layer(0x0abc, 0, new LayerMap(new Cells()));
    batch.segment = 5;
    batch.page = 9;
    batch.segmentSequence = 6;
    batch.epoch = 3;
    batch.sequence = 1000;
    batch.durableLsn = 990;
    batch.previousCrc = 0x55667788;
    int index = batch.add(layer, 0x123456789aL);
    batch.buffer.memory.asSlice(batch.blockAt(index), Bytes.PAGE).fill((byte) 0x5a);
    batch.recordBytes = Records.encodeZeroed(batch.records, 0, 0x0abc, 7, 8);
    batch.recordCount = 1;
    batch.seal(checksum);
    MemorySegment m = batch.buffer.memory;
    int at = batch.headerAt();
    assertEquals(
        "4d52434f4d4d4954" // MRCOMMIT
            + "00112233445566778899aabbccddeeff"
            + "0600000000000000" // segment sequence
            + "0300000000000000" // epoch
            + "e803000000000000" // LSN
            + "de03000000000000" // durable LSN
            + "0500000009000000" // segment 5, page 9, user class, user stream
            + "0100010001002000" // 1 header page, 1 entry, 1 record, 32 bytes each entry
            + "1c00000001000000" // 28 bytes of records, 1 data page
            + "8877665500000000efcdab8967452301" // checksum of LSN 999's header, secret
            + "0".repeat(56),
        hex(m, at, 124));
    assertEquals(batch.headerCrc, Bytes.u32(m, at + 124));
    int crc = checksum.block(batch.buffer, batch.blockAt(0), 0x123456789aL);
    assertEquals(crc, Bytes.u32(m, at + 128 + 24));
    assertEquals(
        "bc0a000000000000" // layer
            + "9a78563412000000" // address, flags
            + "e803000000000000", // birth LSN
        hex(m, at + 128, 24));
    assertEquals("08000000", hex(m, at + 128 + 28, 4)); // 8 sectors, plain
    assertEquals(
        "07001800" + "bc0a000000000000" + "0700000000000000" + "0800000000000000",
        hex(m, at + 160, 28));
  }

  @Test
  void aCommitIsOneOnlyWhereItBelongs() {
    Batch batch = new Batch(arena, 0, 1, false, (_, _) -> {});
    batch.segment = 5;
    batch.page = 1;
    batch.seal(checksum);
    PageBuffer segment = new PageBuffer(arena, 16 * Bytes.PAGE);
    MemorySegment.copy(
        batch.buffer.memory, batch.headerAt(), segment.memory, Bytes.PAGE, Bytes.PAGE);
    assertNotNull(CommitHeader.decode(segment, 1, 5, 15, checksum));
    assertNull(CommitHeader.decode(segment, 1, 6, 15, checksum), "another segment");
    UUID other = new UUID(1, 2);
    assertNull(
        CommitHeader.decode(segment, 1, 5, 15, new Checksum(other, SECRET)), "another store");
    Checksum guess = new Checksum(STORE, 0);
    assertNull(CommitHeader.decode(segment, 1, 5, 15, guess), "another secret");
    MemorySegment.copy(segment.memory, Bytes.PAGE, segment.memory, 2 * Bytes.PAGE, Bytes.PAGE);
    assertNull(CommitHeader.decode(segment, 2, 5, 15, checksum), "another page");
  }

  @Test
  void theChecksumIsBoundToStoreAndAddress() {
    PageBuffer zeros = new PageBuffer(arena, Bytes.PAGE);
    int here = checksum.block(zeros, 0, 1);
    assertTrue(here != checksum.block(zeros, 0, 2));
    assertTrue(here != new Checksum(new UUID(1, 2), SECRET).block(zeros, 0, 1));
    assertTrue(here != new Checksum(STORE, 0).block(zeros, 0, 1));
    // CRC32C of 4096 zeros is 0x98f94189 (RFC 3720's polynomial).
    assertEquals(0x98f94189, checksum.plain(zeros, 0, Bytes.PAGE));
  }

  @Test
  void records() {
    MemorySegment m = MemorySegment.ofArray(new byte[1024]);
    List<Records> all =
        List.of(
            new Records.VolumeCreated(1, 2, 3, 4, 5, 6, 7, "näme", 0, Limits.NONE),
            new Records.VolumeCreated(1, 2, 3, 4, 5, 6, 7, "näme", 1, Limits.NONE),
            new Records.VolumeCreated(1, 2, 3, 4, 5, 6, 7, "näme", 0, new Limits(8, 0, 0, 0)),
            new Records.VolumeChanged(1, 1, Limits.NONE),
            new Records.VolumeChanged(1, 0, new Limits(8, 9 << 20, 10, 11)),
            new Records.VolumeDeleted(1, 2),
            new Records.VolumeResized(1, 4096),
            new Records.SnapshotCreated(1, 2, 3, 4, 5, "s"),
            new Records.SnapshotDeleted(1, 2),
            new Records.VolumeForked(1, 2, 3));
    int at = 0;
    for (Records record : all) {
      at = Records.encode(record, m, at);
    }
    int next = 0;
    for (Records record : all) {
      assertEquals(record, Records.decode(m, next));
      next = Records.next(m, next);
    }
    assertEquals(at, next);
    assertEquals(
        "01003f00" + "0100000000000000" + "0200000000000000" + "0300000000000000", hex(m, 0, 28));
  }

  static Stream<Arguments> recordBytes() {
    return Stream.of(
        arguments(
            new Records.VolumeCreated(1, 2, 3, 4, 5, 6, 7, "a", 0, Limits.NONE),
            "01003b00" + longs(1, 2, 3, 4, 5, 6, 7) + "010061"),
        arguments(
            new Records.VolumeCreated(1, 2, 3, 4, 5, 6, 7, "a", Records.FLAG_DURABLE, Limits.NONE),
            "01004300" + longs(1, 2, 3, 4, 5, 6, 7) + "010061" + longs(1)),
        arguments(
            new Records.VolumeCreated(1, 2, 3, 4, 5, 6, 7, "a", 0, new Limits(8, 9, 10, 11)),
            "01005b00" + longs(1, 2, 3, 4, 5, 6, 7) + "010061" + longs(0, 8, 9, 10 | 11L << 32)),
        arguments(new Records.VolumeChanged(1, 1, Limits.NONE), "08001000" + longs(1, 1)),
        arguments(
            new Records.VolumeChanged(1, 0, new Limits(8, 9, 10, 11)),
            "08002800" + longs(1, 0, 8, 9, 10 | 11L << 32)),
        arguments(new Records.VolumeDeleted(1, 2), "02001000" + longs(1, 2)),
        arguments(new Records.VolumeResized(1, 4096), "03001000" + longs(1, 4096)),
        arguments(
            new Records.SnapshotCreated(1, 2, 3, 4, 5, "s"),
            "04002b00" + longs(1, 2, 3, 4, 5) + "010073"),
        arguments(new Records.SnapshotDeleted(1, 2), "05001000" + longs(1, 2)),
        arguments(new Records.VolumeForked(1, 2, 3), "06001800" + longs(1, 2, 3)));
  }

  @ParameterizedTest
  @MethodSource
  void recordBytes(Records record, String expected) {
    MemorySegment m = MemorySegment.ofArray(new byte[1024]);
    int end = Records.encode(record, m, 8);
    assertEquals(expected, hex(m, 8, end - 8));
  }

  private static String longs(long... values) {
    MemorySegment m = MemorySegment.ofArray(new byte[values.length * 8]);
    for (int i = 0; i < values.length; i++) {
      Bytes.u64(m, i * 8L, values[i]);
    }
    return hex(m, 0, values.length * 8);
  }

  @Test
  void root() {
    Root root =
        new Root(
            9, 3, 1000, 0x66, 1010, 44, 55, 66, List.of(new ChunkReference(7, 8, 2, 1, 0x11)), 12);
    root.encode(page, checksum);
    assertEquals(
        "4d52524f4f543031" // MRROOT01
            + "00112233445566778899aabbccddeeff"
            + "0900000000000000" // number
            + "0300000000000000" // epoch
            + "e803000000000000" // cut
            + "f203000000000000" // durable
            + "2c00000000000000" // next segment sequence
            + "3700000000000000" // next id
            + "4200000000000000" // next relocation
            + "010000000c000000" // one directory chunk, twelve chunks
            + "6600000000000000" // checksum of the cut's header
            + "07000000080002000100000011000000", // reference
        hex(page.memory, 0, 112));
    assertEquals(root, Root.decode(page, checksum));
  }

  @Test
  void leaf() {
    Layer layer = new Layer(9, 0, new LayerMap(new Cells()));
    layer.map.put(513, Location.of(3, 4), 0x55667788);
    layer.map.put(512 + 70, Location.WHITEOUT, 0);
    int length = LeafImage.write(layer, 1, page.memory, 0);
    assertEquals(24 + 64 + 24, length);
    assertEquals("090000000000000001000000000000000200000000000000", hex(page.memory, 0, 24));
    assertEquals("02000000000000004000000000000000", hex(page.memory, 24, 16));
    assertEquals("030000000400000088776655ffffffff0000000000000000", hex(page.memory, 88, 24));
  }

  @Test
  void theSummaryTellsWhatIsInEachPage() {
    Geometry geometry = Geometry.of(64 << 20, 4 << 20);
    assertEquals(8, geometry.summaryPages());
    assertEquals(1016, geometry.usablePages());
    assertEquals(1, Geometry.of(16 << 16, 1 << 16).summaryPages());
  }

  @Test
  void relocation() {
    Batch batch = new Batch(arena, 0, 4, true, (_, _) -> {});
    batch.segment = 5;
    batch.sequence = 70;
    batch.stream = 1;
    batch.previousCrc = 0x55667788;
    int index = batch.add(new Layer(0x0abc, 0, new LayerMap(new Cells())), 7);
    batch.sources[index] = Location.of(3, 4);
    batch.sourceSequences[index] = 12;
    batch.births[index] = 999;
    batch.crcs[index] = 0x11223344;
    batch.damaged[index] = true;
    batch.seal(checksum);
    MemorySegment m = batch.buffer.memory;
    int at = batch.headerAt();
    assertEquals("0101" + "0100010000003000", hex(m, at + 62, 10));
    assertEquals("00000000", hex(m, at + 80, 4), "it stands outside the user's order");
    assertEquals(
        "bc0a000000000000" // layer
            + "0700000000000100" // address, flags: damaged
            + "e703000000000000" // birth LSN
            + "4433221108000000" // checksum, 8 sectors, plain
            + "0300000004000000" // source segment and slot
            + "0c00000000000000", // source segment's sequence
        hex(m, at + 128, 48));
  }

  @Test
  void summary() {
    Geometry geometry = Geometry.of(64 << 20, 4 << 20);
    int bytes = geometry.summaryPages() * Bytes.PAGE;
    Summary summary = new Summary(new PageBuffer(arena, bytes), geometry);
    summary.clear();
    Batch batch = new Batch(arena, 0, 4, false, (_, _) -> {});
    batch.segment = 5;
    batch.page = 9;
    batch.sequence = 1000;
    int index = batch.add(new Layer(0x0abc, 0, new LayerMap(new Cells())), 7);
    batch.buffer.memory.asSlice(batch.blockAt(index), Bytes.PAGE).fill((byte) 0x5a);
    batch.seal(checksum);
    summary.add(batch);
    summary.seal(5, 6, 1, 11, checksum);
    MemorySegment m = summary.buffer().memory;
    assertEquals(
        "4d5253554d4d5259" // MRSUMMRY
            + "00112233445566778899aabbccddeeff"
            + "0600000000000000" // segment sequence
            + "e803000000000000e803000000000000" // first and last sequence
            + "05000000" // segment
            + "0b000100", // eleven pages, stream 1
        hex(m, 0, 56));
    assertEquals(checksum.around(summary.buffer(), 0, bytes, 60), Bytes.u32(m, 60));
    int entry = 64 + 10 * 32; // page 9 is the header, 10 the data
    assertEquals(0, Bytes.u64(m, entry - 32));
    int header = batch.headerAt() + CommitHeader.FIXED_BYTES;
    assertEquals(hex(batch.buffer.memory, header, 32), hex(m, entry, 32));
  }

  @Test
  void chunk() {
    PageBuffer buffer = new PageBuffer(arena, 2 * Bytes.PAGE);
    Bytes.u32(buffer.memory, 64, 17);
    Chunk.Title title = new Chunk.Title(9, Chunk.RESERVE, 1, 4);
    ChunkReference reference = Chunk.seal(buffer, checksum, title, 6, 5);
    assertEquals(
        "4d524348554e4b31" // MRCHUNK1
            + "00112233445566778899aabbccddeeff"
            + "0900000000000000" // checkpoint number
            + "0000000000000000"
            + "0400000001000000" // reserve, one item
            + "0400000006000000" // 4 bytes, segment 6
            + "05000100", // page 5, 1 page
        hex(buffer.memory, 0, 60));
    assertEquals("11000000", hex(buffer.memory, 64, 4));
    assertEquals(reference.crc(), Bytes.u32(buffer.memory, 60));
    assertTrue(Chunk.good(buffer, checksum, reference));
  }

  @Test
  void aLeafThatIsWhiteElsewhereSaysSo() {
    Layer layer = new Layer(9, 0, new LayerMap(new Cells()));
    layer.map.putWhiteLeaf(1);
    assertEquals(24, LeafImage.write(layer, 1, page.memory, 0));
    assertEquals(
        "0900000000000000" + "0100000000000000" + "ffff000000000000", hex(page.memory, 0, 24));
    layer.map.put(513, Location.of(3, 4), 0x55667788);
    LeafImage.write(layer, 1, page.memory, 0);
    assertEquals("0100010000000000", hex(page.memory, 16, 8));
    Layer loaded = new Layer(9, 0, new LayerMap(new Cells()));
    loaded.map.addAbsent(1);
    loaded.map.arrive(1, page.memory, 24, 1, true, (_, _, _) -> {});
    assertEquals(Location.WHITEOUT, loaded.map.find(514));
    assertEquals(Location.of(3, 4), loaded.map.find(513));
  }

  @Test
  void indexOfTheMaps() {
    IndexImage index = new IndexImage(1000);
    MapChunk.Run first = new MapChunk.Run(9, 2, 1, 40, 3, true);
    MapChunk.Run second = new MapChunk.Run(11, 1, 0, 7, 0, false);
    ChunkReference anywhere = new ChunkReference(7, 8, 2, Chunk.MAP, 17);
    index.add(
        new MapChunk(9, 5, 3, java.util.List.of(first, second), anywhere), new long[] {5, 8, 2});
    ImageParts.Part part = index.parts().remove();
    assertEquals(2, part.items());
    MemorySegment.copy(part.bytes(), 0, page.memory, 0, part.bytes().byteSize());
    assertEquals(
        "0900000000000000" // layer
            + "0200000001000000" // leaves, of whiteouts alone
            + "2800000003000000" // blocks, whiteouts
            + "0300000000000000" // a chunk begins, it has whiteouts
            + "0500000008000000" // indexes of the leaves
            + "0b00000000000000"
            + "0100000000000000"
            + "0700000000000000"
            + "0000000000000000"
            + "02000000",
        hex(page.memory, 0, 76));
  }
}
