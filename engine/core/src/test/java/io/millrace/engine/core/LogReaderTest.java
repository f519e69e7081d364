package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogReaderTest {
  private static final Tuning IMPATIENT = new Tuning(8, 256, 64L << 20);
  private static final int SEGMENTS_FILLED = 120;
  private static final int BLOCKS = 14;
  private static final int SEGMENT_PAGES = 16;
  private static final long EPOCH = 7;
  private static final int CUT_CRC = 100;

  private final Bench bench = Bench.of(300, rareCheckpoints());
  private final long volume = bench.volume("disk", 16 << 20);

  private static StoreOptions rareCheckpoints() {
    StoreOptions small = StoreOptions.small();
    return new StoreOptions(
        small.stagingBytes(),
        small.readBufferBytes(),
        small.cacheBytes(),
        small.mapBytesMax(),
        small.commitBytesMin(),
        small.commitBytesMax(),
        small.commitDelayNanos(),
        small.commitsInFlightMax(),
        64 << 20,
        IMPATIENT);
  }

  /** Each commit fills a segment. */
  private void fill() {
    for (int i = 0; i < SEGMENTS_FILLED; i++) {
      bench.fill(volume, (long) i * BLOCKS, BLOCKS, 1 + i);
      bench.flush(volume);
    }
  }

  @Test
  void dataThatWereDurableAreNotReadByRecovery() {
    fill();
    bench.rest(2);
    bench.disk.bytesRead = 0;
    bench.disk.crash();
    bench.open();
    long pages = bench.disk.bytesRead / Bytes.PAGE;
    assertTrue(pages < SEGMENTS_FILLED * SEGMENT_PAGES / 2, pages + " pages were read");
    for (int i = 0; i < SEGMENTS_FILLED; i++) {
      assertEquals(1 + i, bench.valueAt(volume, (long) i * BLOCKS));
    }
  }

  @Test
  void severalSegmentsAreReadAtATime() {
    fill();
    bench.disk.readsAtATime = 0;
    bench.crashAndOpen();
    assertTrue(bench.disk.readsAtATime > 4, bench.disk.readsAtATime + " at a time");
  }

  @Test
  void aDamagedHeaderBelowADurableLsnIsRefusedByItsPlace() {
    fill();
    long header = bench.pageFilledWith(30) - 1;
    bench.disk.flipBit(header * Bytes.PAGE + 200);
    bench.disk.crash();
    bench.tryToOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    String before = "in segment %d".formatted(header / SEGMENT_PAGES - 1);
    assertTrue(bench.store().reason().contains(before), bench.store().reason());
  }

  @Test
  void aLogThatWasReplayedIsMadeGoodByACheckpointSoon() {
    Bench often = Bench.of(300, StoreOptions.small().withTuning(IMPATIENT));
    long disk = often.volume("disk", 16 << 20);
    long checkpoints = 0;
    for (int round = 1; round <= 12; round++) {
      for (int i = 0; i < 10; i++) {
        often.fill(disk, (long) i * BLOCKS, BLOCKS, round);
      }
      often.flush(disk);
      often.settle();
      checkpoints += often.store().stats().checkpoints();
      often.crashAndOpen();
    }
    assertTrue(checkpoints > 1, "checkpoints: " + checkpoints);
  }

  // ---- which segments are read whole after all

  private static CommitHeader.Fields commit(
      int segment, long lsn, long epoch, int previousCrc, int crc) {
    return new CommitHeader.Fields(
        9,
        epoch,
        lsn,
        0,
        segment,
        0,
        CommitHeader.CLASS_USER,
        0,
        1,
        0,
        0,
        32,
        0,
        0,
        previousCrc,
        crc);
  }

  private static CommitHeader.Fields relocation(int segment, long epoch) {
    return new CommitHeader.Fields(
        9, epoch, 55, 0, segment, 0, CommitHeader.CLASS_RELOCATION, 1, 1, 0, 0, 48, 0, 0, 0, 5);
  }

  private static List<Integer> doubtful(CommitHeader.Fields... commits) {
    LogScan scan = new LogScan(Bench.CHECKSUM, Geometry.of(1 << 20, 65536));
    PageBuffer empty = new PageBuffer(Arena.ofAuto(), 65536);
    for (CommitHeader.Fields commit : commits) {
      scan.add(empty, commit.segment(), List.of(commit), false);
    }
    Root root = new Root(1, EPOCH - 2, 10, CUT_CRC, 10, 1, 1, 1, List.of(), 0);
    return List.copyOf(scan.doubtful(root, EPOCH));
  }

  @Test
  void commitsOfTheLastOpeningAreNoLeftovers() {
    assertEquals(List.of(), doubtful(commit(1, 30, EPOCH, 1, 2), relocation(2, EPOCH)));
  }

  @Test
  void olderCommitsThatFollowTheCheckpointAreNoLeftovers() {
    assertEquals(
        List.of(),
        doubtful(commit(1, 11, EPOCH - 2, CUT_CRC, 101), commit(2, 12, EPOCH - 1, 101, 102)));
  }

  @Test
  void olderCommitsThatDoNotFollowMayBeLeftovers() {
    assertEquals(
        List.of(2), doubtful(commit(1, 11, EPOCH - 2, CUT_CRC, 101), commit(2, 12, 5, 77, 102)));
    assertEquals(List.of(3), doubtful(commit(3, 12, EPOCH - 1, 101, 102)));
    assertEquals(List.of(4), doubtful(relocation(4, EPOCH - 1)));
  }

  @Test
  void anOlderCommitWhosePlaceANewerOneTookMayBeALeftover() {
    assertEquals(
        List.of(1),
        doubtful(commit(1, 11, EPOCH - 1, CUT_CRC, 101), commit(2, 11, EPOCH, CUT_CRC, 201)));
  }
}
