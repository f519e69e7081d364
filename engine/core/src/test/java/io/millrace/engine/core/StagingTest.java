package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What was answered and is not in the log, when the process is killed. */
class StagingTest {
  private static final int BLOCKS = 64;
  private final KeptMemory memory = new KeptMemory();
  private final Bench bench = benchOn(memory);
  private final long volume = bench.volume("disk", 1 << 20);

  private static Bench benchOn(StagingMemory memory) {
    Bench bench = Bench.ofSegments(64);
    bench.stageIn(memory);
    bench.closeAndOpen();
    return bench;
  }

  private StagingReport report() {
    return bench.store().info().staging();
  }

  private void assertServing() {
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
  }

  @Test
  void anAnsweredWriteOutlivesAKill() {
    bench.fill(volume, 3, 2, 21);
    bench.killAndOpen();
    assertEquals(21, bench.valueAt(volume, 3));
    assertEquals(21, bench.valueAt(volume, 4));
    assertEquals(new StagingReport(true, 1, ""), report());
  }

  @Test
  void withoutMemoryThatIsKeptItDoesNot() {
    Bench forgetful = Bench.ofSegments(64);
    long disk = forgetful.volume("disk", 1 << 20);
    forgetful.fill(disk, 3, 1, 21);
    forgetful.killAndOpen();
    assertEquals(0, forgetful.valueAt(disk, 3));
    assertEquals(StagingReport.NONE, forgetful.store().info().staging());
  }

  @Test
  void ofABlockThatWasWrittenOftenTheLastVersionIsThere() {
    for (int i = 1; i <= 40; i++) {
      bench.fill(volume, i % 3, 1, i);
    }
    bench.killAndOpen();
    assertEquals(39, bench.valueAt(volume, 0));
    assertEquals(40, bench.valueAt(volume, 1));
    assertEquals(38, bench.valueAt(volume, 2));
  }

  /** The second version lies behind the third, and nobody has taken it back yet. */
  @Test
  void theNewestVersionCountsAlsoInFrontOfAnOlderOne() {
    for (int value = 1; value <= 3; value++) {
      bench.fill(volume, 0, 1, value);
    }
    bench.killAndOpen();
    assertEquals(3, bench.valueAt(volume, 0));
  }

  @Test
  void twoWritersOfOneBlockBothHaveTheirSectors() {
    bench.fill(volume, 0, 1, 1);
    bench.write(volume, 512, filled(512, 2));
    bench.write(volume, 1024, filled(512, 3));
    bench.zero(volume, 512, 512);
    bench.killAndOpen();
    byte[] expected = filled(4096, 1);
    Arrays.fill(expected, 512, 1024, (byte) 0);
    Arrays.fill(expected, 1024, 1536, (byte) 3);
    assertArrayEquals(expected, bench.read(volume, 0, 4096));
  }

  @Test
  void aBatchThatIsFullTakesABlockOfItsAgain() {
    int blocks = Committer.blocksMax(StoreOptions.small(), Geometry.of(64 << 16, 1 << 16));
    bench.fill(volume, 0, blocks, 5);
    bench.fill(volume, 1, 1, 6);
    bench.killAndOpen();
    assertEquals(5, bench.valueAt(volume, 0));
    assertEquals(6, bench.valueAt(volume, 1));
    assertEquals(5, bench.valueAt(volume, blocks - 1));
  }

  @Test
  void zeroedRangesAndForksOutliveAKillInTheirOrder() {
    bench.fill(volume, 0, 4, 1);
    long snapshot = bench.snapshot("snap", volume);
    bench.fill(volume, 0, 2, 2);
    bench.zero(volume, 4096, 8192);
    bench.fill(volume, 2, 1, 3);
    bench.killAndOpen();
    long clone = bench.clone("clone", snapshot);
    assertEquals(2, bench.valueAt(volume, 0));
    assertEquals(0, bench.valueAt(volume, 1));
    assertEquals(3, bench.valueAt(volume, 2));
    assertEquals(1, bench.valueAt(volume, 3));
    assertEquals(1, bench.valueAt(clone, 1));
  }

  @Test
  void aPowerLossTakesWhatWasNotFlushed() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.fill(volume, 0, 1, 2);
    memory.lose();
    bench.crashAndOpen();
    assertEquals(1, bench.valueAt(volume, 0));
    assertEquals(new StagingReport(true, 0, ""), report());
  }

  @Test
  void whatAnEarlierStartOfTheMachineLeftIsRefusedAndTold() {
    bench.fill(volume, 0, 1, 1);
    memory.boot = new UUID(8, 8);
    bench.killAndOpen();
    assertServing();
    assertEquals(0, bench.valueAt(volume, 0));
    assertTrue(report().lost().contains("earlier start of the machine"), report().lost());
    bench.killAndOpen();
    assertEquals("", report().lost(), "told once");
  }

  @Test
  void aRingOfAnOlderEpochIsRefusedAndTold() {
    bench.fill(volume, 0, 1, 1);
    byte[] old = memory.image();
    bench.closeAndOpen();
    bench.fill(volume, 0, 1, 2);
    bench.flush(volume);
    memory.restore(old);
    bench.killAndOpen();
    assertServing();
    assertEquals(2, bench.valueAt(volume, 0));
    assertTrue(report().lost().contains("epoch"), report().lost());
  }

  @Test
  void aStoreOlderThanItsRingIsRefused() {
    Bench copy = Bench.ofSegments(64);
    bench.closeAndOpen();
    bench.fill(volume, 0, 1, 1);
    byte[] before = memory.image();
    copy.stageIn(memory);
    copy.killAndOpen();
    assertEquals(StoreState.DAMAGED, copy.store().state());
    assertTrue(copy.store().reason().contains("older copy"), copy.store().reason());
    assertArrayEquals(before, memory.image(), "it is not touched");
  }

  @Test
  void aRingOfAnotherStoreIsRefusedByNameAndNotTouched() {
    bench.fill(volume, 0, 1, 1);
    byte[] before = memory.image();
    Bench other = Bench.of(64, StoreOptions.small());
    UUID uuid = new UUID(5, 6);
    other.format(new FormatOptions(uuid, 9, 65536, true));
    other.stageIn(memory);
    other.open();
    assertEquals(StoreState.DAMAGED, other.store().state());
    assertTrue(other.store().reason().contains(Bench.STORE.toString()), other.store().reason());
    assertArrayEquals(before, memory.image());
  }

  @Test
  void memoryThatHoldsSomethingElseIsRefused() {
    byte[] other = memory.image();
    other[0] ^= 1;
    memory.restore(other);
    bench.killAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(bench.store().reason().contains("staging ring"), bench.store().reason());
  }

  /** Where each place of a ring keeps it, and what it must not be. */
  @ParameterizedTest
  @CsvSource({
    "40, 5000, staged record bytes",
    "40, -1, staged record bytes",
    "44, -1, staged records",
    "20, -3, staged page",
    "24, 2147483647, staged durable LSN",
    "76, 2147483647, block",
    "64, 77, layer 4d is not in the table"
  })
  void aNumberThatWasNeverStagedIsRefusedAndNothingIsWritten(int at, int value, String words) {
    bench.flush(volume);
    bench.fill(volume, 0, 1, 21);
    byte[] whole = memory.image();
    byte[] wrong = whole.clone();
    MemorySegment changed = MemorySegment.ofArray(wrong);
    StagingRing.Shape shape =
        StagingRing.Shape.of(StoreOptions.small(), Geometry.of(64 << 16, 1 << 16));
    for (int i = 0; i < shape.places(); i++) {
      long place = Bytes.PAGE + i * StagingPlace.bytes(shape.blocksMax());
      Bytes.u32(changed, place + at, value);
    }
    memory.restore(wrong);
    long before = bench.disk.bytesWritten;
    bench.killAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(bench.store().reason().contains(words), bench.store().reason());
    assertEquals(before, bench.disk.bytesWritten);
    assertArrayEquals(wrong, memory.image());
    memory.restore(whole);
    bench.killAndOpen();
    assertEquals(21, bench.valueAt(volume, 0));
  }

  @Test
  void whenTheDiskLostWhatItHadTakenTheRingIsNotAppendedToAnOlderLog() {
    bench.flush(volume);
    bench.fill(volume, 0, 1, 1);
    bench.rest(1);
    bench.fill(volume, 1, 1, 2);
    bench.crashAndOpen();
    assertServing();
    assertTrue(report().lost().contains("the log ends before it"), report().lost());
    assertEquals(0, bench.valueAt(volume, 0));
    assertEquals(0, bench.valueAt(volume, 1));
  }

  @Test
  void anOpeningWithMoreMemoryTakesWhatTheLastOneLeft() {
    bench.fill(volume, 0, 1, 1);
    bench.options(
        new StoreOptions(
            2 << 20,
            1 << 20,
            0,
            64L << 20,
            8 << 10,
            32 << 10,
            2_000_000,
            4,
            2 << 20,
            Tuning.defaults()));
    bench.killAndOpen();
    assertEquals(1, bench.valueAt(volume, 0));
    bench.fill(volume, 0, 1, 2);
    bench.killAndOpen();
    assertEquals(2, bench.valueAt(volume, 0));
  }

  @Test
  void afterAFailedWriteTheNextProcessHasEverythingThatWasAnswered() {
    bench.disk.failWritesAfter(0);
    assertEquals(0, bench.fill(volume, 0, 1, 1));
    assertEquals(Errno.EIO, bench.flush(volume));
    bench.disk.failWritesAfter(Integer.MAX_VALUE);
    bench.killAndOpen();
    assertEquals(1, bench.valueAt(volume, 0));
  }

  /** The disk takes so many calls, then the process is killed; and then again in its recovery. */
  @Test
  void killedAfterAnyCallAtTheDiskItHasEveryAnsweredWrite() {
    for (int calls = 0; calls < 120; calls++) {
      killedAfter(calls, calls % 7);
    }
  }

  private static void killedAfter(int calls, int callsOfRecovery) {
    Bench bench = benchOn(new KeptMemory());
    long volume = bench.volume("disk", BLOCKS * 4096);
    Random random = new Random(calls);
    int[] answered = new int[BLOCKS];
    bench.disk.losePowerAfter(calls);
    int uncertain = -1;
    for (int i = 1; i <= 100 && uncertain < 0; i++) {
      int block = random.nextInt(BLOCKS);
      int value = random.nextInt(8) == 0 ? 0 : i;
      MemorySegment data = bench.bytes(filled(4096, value));
      long tag =
          bench.submit(
              t -> {
                if (value == 0) {
                  bench.store().zero(volume, block * 4096L, 4096, t);
                } else {
                  bench.store().write(volume, block * 4096L, data, t);
                }
              });
      if (bench.errnoWithin(300, tag).equals(OptionalInt.of(0))) {
        answered[block] = value;
      } else {
        uncertain = block;
      }
      if (random.nextInt(6) == 0) {
        bench.submit(t -> bench.store().flush(volume, t));
      }
    }
    bench.disk.losePowerAfter(callsOfRecovery);
    bench.disk.kill();
    bench.tryToOpen();
    bench.disk.losePowerAfter(Integer.MAX_VALUE);
    bench.killAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertEquals("", bench.store().info().staging().lost());
    for (int block = 0; block < BLOCKS; block++) {
      if (block != uncertain) {
        assertEquals(answered[block], bench.valueAt(volume, block), "after " + calls + " calls");
      }
    }
    bench.store().check();
  }

  private static byte[] filled(int length, int value) {
    byte[] data = new byte[length];
    Arrays.fill(data, (byte) value);
    return data;
  }
}
