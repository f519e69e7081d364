package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A store that was killed while its disk was slow, and the staging ring that it left. The ring may
 * be changed in any way; then its checksum is made right again, and so is the stamp of each block
 * that it holds: only a bug of ours could do it, for nobody else writes to that memory. One thread.
 */
final class StagedImage {
  private static final int SEGMENTS = 32;
  private static final int HEADER_FIELDS = 56;
  private static final int RING_CRC = 4092;
  private static final int RECORD_FIELDS = 256;
  private static final int CALLS_BEFORE_KILL = 3;
  private static final int BATCHES = 5;

  /** Some numbers of the ring. */
  record Piece(String name, long at, int bytes) {}

  private final StoreImage disk;
  private final KeptMemory memory = new KeptMemory();
  private final byte[] ring;

  /** Overwrites, holes and forks, some of it in one batch; the log has the first of them. */
  StagedImage() {
    Bench bench = Bench.of(SEGMENTS, StoreOptions.small().withCacheBytes(0));
    bench.stageIn(memory);
    bench.closeAndOpen();
    long volume = bench.volume("disk", 1 << 20);
    HostileImages.writeStamped(bench, volume, 0, 40);
    bench.flush(volume);
    bench.disk.losePowerAfter(CALLS_BEFORE_KILL);
    for (int batch = 0; batch < BATCHES; batch++) {
      HostileImages.writeStamped(bench, volume, batch, 3);
      HostileImages.writeStamped(bench, volume, batch + 1, 1);
      bench.zero(volume, (batch + 6) * 4096L, 8192);
      restForABatch(bench);
    }
    disk = new StoreImage(bench.disk, Bench.CHECKSUM);
    ring = memory.image();
  }

  /** Longer than a write waits for company. */
  private static void restForABatch(Bench bench) {
    for (int i = 0; i < 50; i++) {
      bench.poll();
    }
  }

  private static StagingRing.Shape shape() {
    StoreOptions options = StoreOptions.small();
    return StagingRing.Shape.of(options, Geometry.of(SEGMENTS << 16, 1 << 16));
  }

  /** The header, and each batch in which something is staged. */
  List<Piece> pieces() {
    List<Piece> all = new ArrayList<>(List.of(new Piece("ring", 0, HEADER_FIELDS)));
    StagingRing.Shape shape = shape();
    long bytes = StagingPlace.bytes(shape.blocksMax());
    for (int i = 0; i < shape.places(); i++) {
      long at = Bytes.PAGE + i * bytes;
      StagingPlace place = new StagingPlace(memory.memory().asSlice(at, bytes), shape.blocksMax());
      if (place.lsn() != 0 && !place.isEmpty()) {
        all.add(new Piece("staged batch", at, 64 + 32 * (shape.blocksMax() + 1)));
        long records = at + bytes - place.room().image().memory.byteSize() - 4096;
        all.add(new Piece("staged records", records, RECORD_FIELDS));
      }
    }
    return all;
  }

  /** The bytes of a piece, as they were. */
  byte[] bytes(Piece piece) {
    return java.util.Arrays.copyOfRange(ring, (int) piece.at(), (int) piece.at() + piece.bytes());
  }

  /** What becomes of the store with these bytes in the place of that piece. */
  Ordeal.Outcome judge(Piece piece, byte[] input) {
    MemorySegment all = memory.memory();
    MemorySegment.copy(ring, 0, all, ValueLayout.JAVA_BYTE, 0, ring.length);
    MemorySegment.copy(input, 0, all, ValueLayout.JAVA_BYTE, piece.at(), input.length);
    makeRight(all);
    return Ordeal.serve(disk.disk(), memory);
  }

  private void makeRight(MemorySegment all) {
    CRC32C crc = new CRC32C();
    crc.update(all.asSlice(8, RING_CRC - 8).asByteBuffer());
    Bytes.u32(all, RING_CRC, (int) crc.getValue());
    var stamp = new StagingRing.Stamp(Bench.STORE, memory.boot, Bytes.u64(all, 40));
    if (StagingRing.look(all, stamp) instanceof StagingRing.Found.Staged staged) {
      for (int i = 0; i < staged.ring().places(); i++) {
        stampBlocks(staged.ring().place(i));
      }
    }
  }

  private static void stampBlocks(StagingPlace place) {
    Batch batch = new Batch(place.room(), 0, false, (_, _) -> {});
    for (int slot : place.blocks()) {
      long stamp = Ordeal.STAMP + place.address(slot);
      batch.buffer.memory.set(ValueLayout.JAVA_LONG, batch.blockAt(slot), stamp);
    }
  }
}
