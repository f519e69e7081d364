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

  @Test
  void discardsInClonesOfAFullStoreNeverTakeTheRoomOfTheCheckpoint() {
    Bench full = Bench.ofSegments(160);
    long golden = full.volume("golden", 2 << 20);
    full.fill(golden, 0, 256, 1);
    full.fill(golden, 256, 150, 1);
    long snapshot = full.snapshot("s", golden);
    long[] clones = new long[300];
    for (int i = 0; i < clones.length; i++) {
      clones[i] = full.clone("c" + i, snapshot);
    }
    long filler = full.volume("filler", 16 << 20);
    for (int block = 0; full.fill(filler, block, 1, block % 100) == 0; block++) {
      assertTrue(block < 4096, "never full");
    }
    int refused = 0;
    for (long clone : clones) {
      int errno = full.zero(clone, 4096, 400 * 4096L);
      assertTrue(errno == 0 || errno == Errno.ENOSPC, "errno " + errno);
      refused += errno == 0 ? 0 : 1;
    }
    assertTrue(refused > 0, "the maps have no limit");
    assertEquals(0, full.fill(filler, 0, 1, 77), "an overwrite needs no room");
    full.closeAndOpen();
    assertEquals(StoreState.SERVING, full.store().state(), full.store().reason());
    full.store().check();
    assertEquals(77, full.valueAt(filler, 0));
    full.run(new Command.DeleteVolume(filler));
    full.settle();
    assertEquals(0, full.zero(clones[clones.length - 1], 4096, 400 * 4096L));
  }

  @Test
  void everyFreeSegmentCanBeTakenAfterACheckpoint() {
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 300; i++) {
        bench.fill(volume, i, 1, i % 100);
      }
      bench.zero(volume, 0, 300 * 4096L);
      bench.closeAndOpen();
      SegmentTable table = bench.store().serving().table;
      assertEquals(table.freeCount(), table.allocatable());
    }
  }

  @Test
  void aLargeDiscardIsAppliedInBoundedSteps() {
    Bench stepwise = Bench.of(400, StoreOptions.small().withTuning(new Tuning(32, 8, 64L << 20)));
    long sparse = stepwise.volume("sparse", 1L << 40);
    for (int i = 0; i < 500; i++) {
      stepwise.fill(sparse, i * 512L, 2, 1);
    }
    stepwise.flush(sparse);
    stepwise.submit(tag -> stepwise.store().zero(sparse, 4096, (1L << 40) - 4096, tag));
    long before = stepwise.store().info().physicalBytes();
    for (int polls = 0; before > 4096; polls++) {
      assertTrue(polls < 2000, "it never ends");
      stepwise.poll();
      long now = stepwise.store().info().physicalBytes();
      assertTrue(before - now <= 2 * 2 * 8 * 4096, "in one poll: " + (before - now) / 4096);
      before = now;
    }
    assertEquals(1, stepwise.valueAt(sparse, 0));
    assertEquals(0, stepwise.valueAt(sparse, 499 * 512L + 1));
    stepwise.crashAndOpen();
    stepwise.store().check();
  }

  @Test
  void aCheckpointThatFindsNoRoomGivesBackWhatItTookAndTheLogIsEnough() {
    Bench full = Bench.ofSegments(200);
    long disk = full.volume("disk", 1 << 20);
    for (int i = 0; i < 600; i++) {
      full.volume("x".repeat(250) + i, 4096);
    }
    full.fill(disk, 0, 1, 5);
    Serving serving = full.store().serving();
    long before = serving.checkpointer.checkpoints;
    long close = full.submit(tag -> full.store().close(tag));
    int owned = serving.table.all(SegmentTable.CHECKPOINT).length;
    while (serving.table.all(SegmentTable.CHECKPOINT).length == owned) {
      full.poll();
    }
    int stolen = 0;
    while (serving.table.takeForLog(0) >= 0) {
      stolen++;
    }
    assertEquals(0, full.errno(close));
    assertEquals(before, serving.checkpointer.checkpoints);
    assertTrue(stolen > 0 && serving.table.allocatable() > 0);
    full.crashAndOpen();
    assertEquals(StoreState.SERVING, full.store().state(), full.store().reason());
    assertEquals(5, full.valueAt(disk, 0));
    full.closeAndOpen();
    assertEquals(601, full.store().catalog().volumes().size());
  }
}
