package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The bytes that one process leaves and another reads, and what a kill may leave half done. */
class StagingPlaceTest {
  private static final StagingRing.Shape SHAPE = new StagingRing.Shape(2, 3);
  private static final StagingRing.Stamp STAMP =
      new StagingRing.Stamp(
          UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"),
          UUID.fromString("f0e0d0c0-b0a0-9080-7060-504030201000"),
          9);

  private final Arena arena = Arena.ofAuto();
  private final MemorySegment memory = arena.allocate(SHAPE.bytes(), Bytes.PAGE);
  private final StagingRing ring = StagingRing.begin(memory, SHAPE, STAMP);
  private final StagingPlace place = ring.place(1);

  private Batch batch(long lsn) {
    Batch batch = new Batch(place.room(), 1, false, (_, _) -> {});
    batch.sequence = lsn;
    batch.segmentSequence = 6;
    batch.segment = 5;
    batch.page = 9;
    batch.durableLsn = lsn - 10;
    batch.previousCrc = 0x55667788;
    return batch;
  }

  /** As another process sees it. */
  private StagingPlace seen() {
    StagingRing.Found found = StagingRing.look(memory, STAMP);
    return assertInstanceOf(StagingRing.Found.Staged.class, found).ring().place(1);
  }

  private String hex(long at, int bytes) {
    return HexFormat.of().formatHex(memory.asSlice(at, bytes).toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void bytes() {
    place.open(batch(1000));
    place.withdraw(0);
    place.publish(0, 0x0abc, 0x123456789aL);
    place.publishRecords(28, 1);
    assertEquals(
        "4d52535441474531" // MRSTAGE1
            + "00112233445566778899aabbccddeeff"
            + "f0e0d0c0b0a090807060504030201000" // boot
            + "0900000000000000" // epoch
            + "0200000003000000", // 2 places of 3 blocks
        hex(0, 56));
    // A place: descriptor, records, 2 pages for the longest header, 3 blocks and one more.
    assertEquals((1 + 1 + 2 + 4) * 4096, StagingPlace.bytes(3));
    assertEquals(
        "e803000000000000" // LSN
            + "0600000000000000" // segment sequence
            + "0500000009000000" // segment, page
            + "de03000000000000" // durable LSN
            + "8877665500000000" // checksum of LSN 999's header
            + "1c00000001000000", // 28 bytes of records, 1 record
        hex(4096 + StagingPlace.bytes(3), 48));
    assertEquals(
        "bc0a000000000000" // layer
            + "9a78563412000000" // address
            + "e803000000000000" // LSN
            + "0100000000000000", // the first
        hex(4096 + StagingPlace.bytes(3) + 64, 32));
  }

  @Test
  void aBlockThatIsStillBeingCopiedIsNotThere() {
    place.open(batch(1000));
    place.withdraw(0);
    place.publish(0, 1, 7);
    place.withdraw(1);
    assertArrayEquals(new int[] {0}, seen().blocks());
  }

  @Test
  void ofTwoVersionsTheNewerCounts() {
    place.open(batch(1000));
    place.publish(0, 1, 7);
    place.publish(1, 1, 7);
    place.publish(2, 2, 7);
    assertArrayEquals(new int[] {1, 2}, seen().blocks());
    place.withdraw(0);
    place.publish(0, 1, 7);
    assertArrayEquals(new int[] {0, 2}, seen().blocks());
  }

  @Test
  void whatAnEarlierBatchLeftInThePlaceIsNotThere() {
    place.open(batch(1000));
    place.publish(0, 1, 7);
    place.publish(1, 1, 8);
    place.publishRecords(28, 1);
    place.free();
    place.open(batch(1001));
    place.withdraw(0);
    place.publish(0, 1, 9);
    assertArrayEquals(new int[] {0}, seen().blocks());
    assertEquals(0, seen().recordCount());
  }

  @Test
  void nothingIsStagedOnceItIsFree() {
    place.open(batch(1000));
    place.publish(0, 1, 7);
    place.free();
    assertInstanceOf(StagingRing.Found.Nothing.class, StagingRing.look(memory, STAMP));
  }

  @Test
  void aHeaderThatIsNotWholeIsRefused() {
    Bytes.u32(memory, 48, 3);
    StagingRing.Found found = StagingRing.look(memory, STAMP);
    assertTrue(assertInstanceOf(StagingRing.Found.Refused.class, found).reason().contains("ring"));
  }

  @Test
  void aRingThatWasBeingMadeIsNone() {
    place.open(batch(1000));
    place.publish(0, 1, 7);
    Bytes.u64(memory, 0, 0);
    assertInstanceOf(StagingRing.Found.Nothing.class, StagingRing.look(memory, STAMP));
  }
}
