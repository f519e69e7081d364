package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RecoveryTest {
  private final Bench bench = Bench.ofSegments(64);
  private final long volume = bench.volume("disk", 1 << 20);

  @Test
  void flushedWritesSurviveAPowerLoss() {
    bench.fill(volume, 0, 50, 1);
    bench.fill(volume, 10, 5, 2);
    bench.flush(volume);
    bench.crashAndOpen();
    assertEquals(1, bench.valueAt(volume, 9));
    assertEquals(2, bench.valueAt(volume, 14));
    assertEquals(1, bench.valueAt(volume, 49));
  }

  @Test
  void unflushedWritesMayBeLostButNothingElse() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.fill(volume, 0, 1, 2);
    bench.crashAndOpen();
    assertEquals(1, bench.valueAt(volume, 0));
  }

  @Test
  void theLogGoesOnAfterEachOfManyCrashes() {
    for (int i = 1; i <= 20; i++) {
      bench.fill(volume, i, 1, i);
      bench.flush(volume);
      bench.fill(volume, 100, 1, i);
      bench.crashAndOpen();
      assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
      for (int block = 1; block <= i; block++) {
        assertEquals(block, bench.valueAt(volume, block));
      }
    }
  }

  @Test
  void commandsSurviveInOrder() {
    bench.fill(volume, 0, 1, 1);
    long snapshot = bench.snapshot("snap", volume);
    bench.fill(volume, 0, 1, 2);
    long clone = bench.clone("clone", snapshot);
    bench.fill(clone, 1, 1, 3);
    bench.flush(clone);
    bench.crashAndOpen();
    assertEquals(2, bench.valueAt(volume, 0));
    assertEquals(0, bench.valueAt(volume, 1));
    assertEquals(1, bench.valueAt(clone, 0));
    assertEquals(3, bench.valueAt(clone, 1));
  }

  @Test
  void aDiskWithoutSuperblockIsRefusedByName() {
    bench.disk.flipBit(100);
    bench.disk.flipBit(8 * 4096 + 100);
    bench.crashAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(bench.store().reason().contains("superblock"), bench.store().reason());
  }

  @Test
  void oneDamagedSuperblockIsNoHarm() {
    bench.disk.flipBit(100);
    bench.crashAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state());
  }

  @Test
  void aFailedWriteStopsTheStoreForGood() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.disk.failWritesAfter(0);
    bench.fill(volume, 0, 1, 2);
    assertEquals(Errno.EIO, bench.flush(volume));
    assertEquals(StoreState.STOPPED, bench.store().state());
    assertEquals(Errno.EIO, bench.fill(volume, 1, 1, 2));
  }

  @Test
  void theLogIsFoundBehindACheckpointOfManySegments() {
    Tuning impatient = new Tuning(2, 256, 64L << 20);
    Bench big = Bench.of(200, StoreOptions.small().withTuning(impatient));
    long disk = big.volume("disk", 1 << 20);
    for (int i = 0; i < 800; i++) {
      big.volume("x".repeat(250) + i, 4096);
    }
    big.closeAndOpen();
    for (int i = 0; i < 60; i++) {
      big.fill(disk, i, 1, i);
      assertEquals(0, big.flush(disk));
    }
    big.crashAndOpen();
    assertEquals(StoreState.SERVING, big.store().state(), big.store().reason());
    for (int i = 0; i < 60; i++) {
      assertEquals(i, big.valueAt(disk, i));
    }
  }

  @Test
  void oneUnreadableCopyOfSuperblockOrRootIsNoHarm() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.disk.makeBad(Geometry.SUPERBLOCK_A);
    bench.disk.makeBad(Geometry.ROOT_B);
    bench.crashAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertEquals(1, bench.valueAt(volume, 0));
  }

  @Test
  void anUnreadableSectorOfAFreeSegmentIsNoHarm() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.disk.makeBad(2 * 16 + 3);
    bench.crashAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertEquals(1, bench.valueAt(volume, 0));
  }

  @Test
  void anUnreadableSectorWhereTheLogMayGoOnIsNeverTakenForItsEnd() {
    bench.fill(volume, 0, 1, 21);
    bench.flush(volume);
    bench.disk.makeBad(bench.pageFilledWith(21) - 1);
    bench.crashAndOpen();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(bench.store().reason().contains("page"), bench.store().reason());
  }

  @Test
  void aRootThatASyncFailedToWriteIsNotLostByThePowerFailingInRecovery() {
    for (int calls = 0; calls < 12; calls++) {
      Bench torn = Bench.ofSegments(64);
      long disk = torn.volume("disk", 1 << 20);
      torn.fill(disk, 0, 1, 1);
      torn.closeAndOpen();
      torn.fill(disk, 1, 1, 2);
      torn.flush(disk);
      torn.disk.tearInCacheOnly(Geometry.ROOT_A, Geometry.SUPERBLOCK_A);
      torn.disk.losePowerAfter(calls);
      torn.tryToOpen();
      torn.disk.crashTearing();
      torn.open();
      assertEquals(StoreState.SERVING, torn.store().state(), calls + torn.store().reason());
      assertEquals(2, torn.valueAt(disk, 1));
    }
  }

  @Test
  void aWriteThatFailsInRecoveryIsARefusalWithItsReason() {
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.disk.crash();
    bench.disk.failWritesAfter(0);
    bench.open();
    assertEquals(StoreState.DAMAGED, bench.store().state());
    assertTrue(bench.store().reason().contains("errno 5"), bench.store().reason());
  }
}
