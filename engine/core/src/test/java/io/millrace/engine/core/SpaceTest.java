package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SpaceTest {
  private final Bench bench = Bench.ofSegments(64);
  private final long volume = bench.volume("disk", 16 << 20);

  @Test
  void overwritingForEverNeverFillsTheStore() {
    for (int i = 0; i < 4000; i++) {
      assertEquals(0, bench.fill(volume, ((i * 7919L) & 0xffff) % 450, 2, i % 100), "write " + i);
    }
    bench.settle();
    bench.store().check();
    assertTrue(bench.store().stats().segmentsCleaned() > 0);
    assertTrue(bench.store().stats().checkpoints() > 0);
  }

  @Test
  void aFullStoreRefusesNewDataTakesOverwritesAndGoesOnAfterADelete() {
    int block = 0;
    int errno = 0;
    while (errno == 0) {
      errno = bench.fill(volume, block++, 1, block % 100);
      assertTrue(block < 1024, "never full");
    }
    assertEquals(Errno.ENOSPC, errno);
    for (int i = 0; i < 500; i++) {
      assertEquals(0, bench.fill(volume, i % (block - 1), 1, i % 100), "overwrite " + i);
    }
    bench.store().check();
    long other = bench.volume("other", 1 << 20);
    bench.run(new Command.DeleteVolume(volume));
    assertEquals(0, bench.fill(other, 0, 100, 1));
    assertEquals(0, bench.flush(other));
    assertEquals(1, bench.valueAt(other, 99));
    bench.store().check();
  }

  @Test
  void whenAllIsDeletedTheStoreIsAsEmptyAsWhenItWasFormatted() {
    Bench fresh = Bench.ofSegments(64);
    StoreInfo empty = fresh.store().info();
    bench.fill(volume, 0, 200, 1);
    long snapshot = bench.snapshot("s", volume);
    long clone = bench.clone("c", snapshot);
    bench.fill(clone, 100, 200, 2);
    bench.run(new Command.DeleteSnapshot(snapshot));
    bench.run(new Command.DeleteVolume(volume));
    bench.run(new Command.DeleteVolume(clone));
    bench.closeAndOpen();
    bench.settle();
    bench.store().check();
    assertEquals(empty.freeBytes(), bench.store().info().freeBytes());
    assertEquals(0, bench.store().info().physicalBytes());
    assertEquals(0, bench.store().stats().mapBytes());
  }

  @Test
  void whatWasCleanedSurvivesACrashAtAnyMoment() {
    for (int block = 0; block < 300; block++) {
      bench.fill(volume, block, 1, block % 100);
    }
    for (int i = 0; i < 3000; i++) {
      bench.fill(volume, 300 + i % 50, 1, i % 100);
      if (i % 100 == 0) {
        bench.flush(volume);
      }
      if (i % 317 == 0) {
        bench.crashAndOpen();
        assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
        bench.store().check();
      }
    }
    for (int block = 0; block < 300; block++) {
      assertEquals(block % 100, bench.valueAt(volume, block));
    }
  }

  @Test
  void anOrderlyClosedStoreOpensFromItsCheckpoint() {
    bench.fill(volume, 0, 100, 3);
    bench.closeAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    assertEquals(3, bench.valueAt(volume, 99));
    bench.store().check();
  }
}
