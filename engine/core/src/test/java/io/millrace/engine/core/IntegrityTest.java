package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class IntegrityTest {
  private static final int FIRST_SEGMENT_PAGE = 16;
  private final Bench bench = Bench.of(64, StoreOptions.small().withCacheBytes(0));
  private final long volume = bench.volume("disk", 1 << 20);
  private final MemorySegment block = Arena.ofAuto().allocate(4096);

  private long pageFilledWith(int value) {
    return bench.pageFilledWith(value);
  }

  @Test
  void aFlippedBitIsAnErrorOfThatBlockOnly() {
    bench.fill(volume, 0, 1, 11);
    bench.fill(volume, 1, 1, 12);
    bench.flush(volume);
    bench.disk.flipBit(pageFilledWith(11) * 4096 + 77);
    assertEquals(Errno.EIO, bench.read(volume, 0, block));
    assertEquals(12, bench.valueAt(volume, 1));
    assertEquals(1, bench.store().stats().checksumErrors());
    assertEquals(0, bench.fill(volume, 0, 1, 13), "a whole block may be written anew");
    assertEquals(13, bench.valueAt(volume, 0));
  }

  @Test
  void aSectorIsNotWrittenIntoADamagedBlock() {
    bench.fill(volume, 0, 1, 11);
    bench.flush(volume);
    bench.disk.flipBit(pageFilledWith(11) * 4096);
    assertEquals(Errno.EIO, bench.write(volume, 512, new byte[512]));
  }

  @Test
  void damagedDataStaysDamagedWhenItIsMoved() {
    bench.fill(volume, 0, 1, 99);
    bench.flush(volume);
    bench.disk.flipBit(pageFilledWith(99) * 4096 + 5);
    long busy = bench.volume("busy", 4 << 20);
    for (int i = 0; i < 4000; i++) {
      bench.fill(busy, ((i * 7919L) & 0xffff) % 600, 1, i % 90);
    }
    bench.settle();
    assertTrue(bench.store().stats().segmentsCleaned() > 0);
    assertEquals(Errno.EIO, bench.read(volume, 0, block));
    bench.store().check();
  }

  @Test
  void aBlockThatTheCleanerMisreadsOnceIsMovedWhole() {
    bench.fill(volume, 0, 1, 99);
    bench.flush(volume);
    long page = pageFilledWith(99);
    bench.disk.misreadOnce(page);
    long busy = bench.volume("busy", 4 << 20);
    for (int i = 0; i < 4000; i++) {
      bench.fill(busy, ((i * 7919L) & 0xffff) % 600, 1, i % 90);
    }
    bench.settle();
    assertFalse(bench.disk.misreadsNext(page), "the cleaner has not come by");
    assertEquals(99, bench.valueAt(volume, 0));
    assertEquals(0, bench.store().stats().checksumErrors());
  }

  @Test
  void aDamagedCommitBelowADurableOneIsRefusedByNameAndNeverCutOff() {
    bench.fill(volume, 0, 1, 21);
    bench.flush(volume);
    long header = pageFilledWith(21) - 1;
    bench.fill(volume, 1, 1, 22);
    bench.flush(volume);
    bench.disk.flipBit(header * 4096 + 200);
    bench.crashAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    String reason = bench.store().reason();
    assertTrue(reason.contains("commit") && reason.contains("segment"), reason);
  }

  @Test
  void damageToTheLastCommitBeforeAQuietTimeIsNotTakenForTheEndOfTheLog() {
    bench.fill(volume, 0, 1, 21);
    bench.flush(volume);
    bench.rest(3);
    bench.disk.flipBit((pageFilledWith(21) - 1) * 4096 + 200);
    bench.crashAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
  }

  @Test
  void aQuietStoreWritesNothingMore() {
    bench.fill(volume, 0, 1, 21);
    bench.flush(volume);
    bench.rest(3);
    long before = bench.disk.bytesWritten;
    bench.rest(60);
    assertEquals(before, bench.disk.bytesWritten);
    bench.crashAndOpen();
    assertEquals(21, bench.valueAt(volume, 0));
    bench.rest(60);
    bench.store().check();
  }

  /** Leaves a commit of two blocks of which only the header and the first block got to the disk. */
  private void crashWithATornCommit(int value) {
    bench.fill(volume, 0, 2, value);
    for (int i = 0; i < 100; i++) {
      bench.poll();
    }
    long first = pageFilledWith(value);
    bench.disk.keep(first - 1);
    bench.disk.keep(first);
    bench.crashAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
  }

  @Test
  void aTornCommitNeverTakesThePlaceOfADamagedOneWithItsNumber() {
    bench.fill(volume, 0, 1, 21);
    bench.flush(volume);
    crashWithATornCommit(66);
    bench.fill(volume, 5, 1, 22);
    bench.flush(volume);
    bench.fill(volume, 6, 1, 23);
    bench.flush(volume);
    bench.disk.flipBit((pageFilledWith(22) - 1) * 4096 + 200);
    bench.crashAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(bench.store().reason().contains("commit"), bench.store().reason());
  }

  @Test
  void norDoesItWhenThatOneWasTheLastThatAnOpeningFound() {
    bench.fill(volume, 0, 1, 21);
    bench.flush(volume);
    crashWithATornCommit(66);
    bench.fill(volume, 5, 1, 22);
    bench.flush(volume);
    bench.crashAndOpen();
    bench.disk.flipBit((pageFilledWith(22) - 1) * 4096 + 200);
    bench.crashAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
  }

  /** What somebody makes who knows all of a store but its secret. */
  private byte[] forgedHeader(long page) {
    Batch batch = new Batch(Arena.ofAuto(), 0, 1, false, (_, _) -> {});
    batch.segment = (int) (page / 16);
    batch.page = (int) (page % 16);
    batch.segmentSequence = 1L << 62;
    batch.epoch = 1L << 40;
    batch.sequence = 1L << 40;
    batch.durableLsn = 1L << 50;
    batch.seal(new Checksum(Bench.STORE, 0));
    MemorySegment header = batch.buffer.pages(batch.headerAt() / 4096, 1);
    return header.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  @Test
  void noDataOfAGuestEverPassesForACommit() {
    bench.fill(volume, 0, 1, 21);
    bench.flush(volume);
    long next = pageFilledWith(21) + 2;
    byte[] forged = forgedHeader(next);
    bench.write(volume, 4096, forged);
    bench.flush(volume);
    assertArrayEquals(forged, bench.disk.page(next), "it is where it wants to be");
    bench.crashAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertEquals(21, bench.valueAt(volume, 0));
    assertArrayEquals(forged, bench.read(volume, 4096, 4096));
  }

  @Test
  void aDamagedCheckpointIsRefusedByName() {
    bench.fill(volume, 0, 1, 21);
    bench.closeAndOpen();
    for (long page = FIRST_SEGMENT_PAGE; page < 64 * 16; page++) {
      byte[] data = bench.disk.page(page);
      if (new String(data, 0, 8, java.nio.charset.StandardCharsets.US_ASCII).equals("MRCHUNK1")) {
        bench.disk.flipBit(page * 4096 + 70);
      }
    }
    bench.crashAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(bench.store().reason().contains("checkpoint"), bench.store().reason());
  }

  @Test
  void readsGoOnWhenTheStoreHasStopped() {
    bench.fill(volume, 0, 1, 31);
    bench.flush(volume);
    bench.disk.failWritesAfter(0);
    bench.fill(volume, 1, 1, 32);
    bench.flush(volume);
    assertEquals(StoreState.STOPPED, bench.store().state());
    assertEquals(31, bench.valueAt(volume, 0));
  }

  /** Changes a page and makes its checksum good again, as a bug of ours would. */
  private void wellSummed(long page, int crcAt, java.util.function.Consumer<MemorySegment> change) {
    PageBuffer buffer = PageBuffer.copyOf(Arena.ofAuto(), bench.disk.page(page));
    change.accept(buffer.memory);
    Bytes.u32(buffer.memory, crcAt, Bench.CHECKSUM.around(buffer, 0, 4096, crcAt));
    bench.disk.replace(page, buffer.memory.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
  }

  @Test
  void aWellSummedCommitThatMakesNoSenseIsRefusedAndNeverThrownOver() {
    bench.fill(volume, 0, 1, 21);
    bench.flush(volume);
    long header = pageFilledWith(21) - 1;
    bench.fill(volume, 1, 1, 22);
    bench.flush(volume);
    byte[] good = bench.disk.page(header);
    for (int field = 62; field < 80; field++) {
      for (int value : new int[] {1, 7, 0x80, 0xff}) {
        int at = field;
        bench.disk.replace(header, good);
        wellSummed(header, 124, m -> Bytes.u8(m, at, Bytes.u8(m, at) ^ value));
        bench.crashAndOpen();
        boolean stream = at == 63;
        StoreState state = stream ? bench.store().state() : StoreState.DAMAGED;
        assertEquals(state, bench.store().state(), "byte " + at);
      }
    }
  }

  @Test
  void aWellSummedRecordThatMakesNoSenseIsRefusedByName() {
    long other = bench.volume("other", 4096);
    bench.flush(other);
    long header = 17;
    wellSummed(header, 124, m -> Bytes.u16(m, 128, 99));
    bench.crashAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(bench.store().reason().contains("commit 2"), bench.store().reason());
  }

  @Test
  void aWellSummedRootThatMakesNoSenseIsRefused() {
    bench.closeAndOpen();
    for (int at = 80; at < 112; at++) {
      if (at >= 84 && at < 96) {
        continue;
      }
      int field = at;
      byte[] good = bench.disk.page(Geometry.ROOT_A);
      wellSummed(Geometry.ROOT_A, 4092, m -> Bytes.u8(m, field, Bytes.u8(m, field) ^ 0x81));
      wellSummed(Geometry.ROOT_B, 4092, m -> Bytes.u8(m, field, Bytes.u8(m, field) ^ 0x81));
      bench.crashAndOpen();
      assertEquals(StoreState.DAMAGED, bench.store().state(), "byte " + at);
      bench.disk.replace(Geometry.ROOT_A, good);
      bench.disk.replace(Geometry.ROOT_B, good);
    }
  }

  @Test
  void aBadSectorKeepsItsBlockWhenItsSegmentIsCleaned() {
    bench.fill(volume, 0, 1, 98);
    bench.fill(volume, 1, 1, 99);
    bench.flush(volume);
    bench.disk.makeBad(pageFilledWith(99));
    long busy = bench.volume("busy", 4 << 20);
    for (int i = 0; i < 4000; i++) {
      bench.fill(busy, ((i * 7919L) & 0xffff) % 600, 1, i % 90);
    }
    bench.settle();
    assertTrue(bench.store().stats().segmentsCleaned() > 0);
    assertEquals(Errno.EIO, bench.read(volume, 4096, block));
    assertEquals(98, bench.valueAt(volume, 0));
    bench.store().check();
    bench.crashAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertEquals(98, bench.valueAt(volume, 0));
    assertEquals(Errno.EIO, bench.read(volume, 4096, block));
  }

  @Test
  void aBadSectorAmongTheLastDataCostsItsBlockAlone() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.fill(volume, 1, 1, 7);
    bench.fill(volume, 2, 1, 8);
    bench.fill(volume, 3, 1, 9);
    bench.flush(volume);
    bench.disk.makeBad(bench.disk.pageFilledWith(8));
    bench.crashAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertEquals(7, bench.valueAt(volume, 1));
    assertEquals(9, bench.valueAt(volume, 3));
    assertEquals(Errno.EIO, bench.read(volume, 2 * 4096, bench.bytes(new byte[4096])));
  }
}
