package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CloneTest {
  private final Bench bench = Bench.ofSegments(160);
  private final long volume = bench.volume("disk", 4 << 20);

  @Test
  void aCloneSeesTheSnapshotAndNothingThatCameLater() {
    bench.fill(volume, 0, 4, 1);
    long snapshot = bench.snapshot("s", volume);
    bench.fill(volume, 0, 1, 2);
    long clone = bench.clone("c", snapshot);
    bench.fill(clone, 1, 1, 3);
    assertEquals(2, bench.valueAt(volume, 0));
    assertEquals(1, bench.valueAt(volume, 1));
    assertEquals(1, bench.valueAt(clone, 0));
    assertEquals(3, bench.valueAt(clone, 1));
  }

  @Test
  void aCloneOfALiveVolumeSeesWhatWasAnsweredBefore() {
    bench.fill(volume, 0, 2, 1);
    long clone = Bench.volumeOf(bench.run(Command.CreateVolume.ofVolume("c", 0, volume)));
    bench.fill(volume, 0, 1, 2);
    assertEquals(1, bench.valueAt(clone, 0));
    assertEquals(2, bench.valueAt(volume, 0));
    assertEquals(1, bench.valueAt(volume, 1));
  }

  @Test
  void whatACloneDiscardsStaysHiddenWhenItsParentsAreMerged() {
    bench.fill(volume, 0, 1000, 1);
    long snapshot = bench.snapshot("s", volume);
    long clone = bench.clone("c", snapshot);
    bench.zero(clone, 0, 700 * 4096);
    bench.fill(clone, 5, 1, 7);
    bench.flush(clone);
    bench.run(new Command.DeleteVolume(volume));
    bench.run(new Command.DeleteSnapshot(snapshot));
    bench.settle();
    bench.store().check();
    assertEquals(0, bench.valueAt(clone, 4));
    assertEquals(7, bench.valueAt(clone, 5));
    assertEquals(0, bench.valueAt(clone, 699));
    assertEquals(1, bench.valueAt(clone, 700));
    bench.closeAndOpen();
    assertEquals(7, bench.valueAt(clone, 5));
    assertEquals(0, bench.valueAt(clone, 699));
    assertEquals(1, bench.valueAt(clone, 999));
    assertEquals(301 * 4096L, bench.store().info().physicalBytes());
  }

  @Test
  void whatAllChildrenOfANamelessLayerHideIsFreedAndReadsTheSameAfterACrash() {
    bench.fill(volume, 0, 16, 1);
    long snapshot = bench.snapshot("s", volume);
    long[] clones = {bench.clone("a", snapshot), bench.clone("b", snapshot)};
    for (long clone : clones) {
      bench.fill(clone, 0, 4, 2);
      bench.zero(clone, 4 * 4096, 4 * 4096);
    }
    bench.fill(clones[0], 8, 4, 3);
    bench.run(new Command.DeleteVolume(volume));
    bench.run(new Command.DeleteSnapshot(snapshot));
    bench.restUntilReclaimed();
    bench.store().check();
    assertEquals((4 + 4 + 4 + 8) * 4096L, bench.store().info().physicalBytes());
    bench.crashAndOpen();
    bench.zero(clones[1], 8 * 4096, 8 * 4096);
    bench.flush(clones[1]);
    bench.restUntilReclaimed();
    assertEquals((4 + 4 + 4 + 4) * 4096L, bench.store().info().physicalBytes());
    bench.closeAndOpen();
    for (int block = 0; block < 16; block++) {
      int inA = block < 4 ? 2 : block < 8 ? 0 : block < 12 ? 3 : 1;
      assertEquals(inA, bench.valueAt(clones[0], block));
      assertEquals(block < 4 ? 2 : 0, bench.valueAt(clones[1], block));
    }
  }

  @Test
  void aThousandClonesCopyNothing() {
    Bench big = Bench.ofSegments(256);
    long golden = big.volume("golden", 4 << 20);
    big.fill(golden, 0, 500, 1);
    long snapshot = big.snapshot("s", golden);
    for (int i = 0; i < 1000; i++) {
      big.clone("c" + i, snapshot);
    }
    assertEquals(500 * 4096L, big.store().info().physicalBytes());
    assertEquals(1000, big.store().stats().clones());
    big.closeAndOpen();
    assertEquals(1001, big.store().catalog().volumes().size());
    long last = big.store().catalog().volume("c999").orElseThrow().id();
    assertEquals(1, big.valueAt(last, 499));
  }

  @Test
  void commandsAreIdempotentByName() {
    CommandResult first = bench.run(Command.CreateVolume.empty("v", 8192));
    assertEquals(first, bench.run(Command.CreateVolume.empty("v", 8192)));
    CommandResult other = bench.run(Command.CreateVolume.empty("v", 4096));
    assertInstanceOf(
        StoreError.AlreadyExists.class,
        assertInstanceOf(CommandResult.Refused.class, other).error());
    assertInstanceOf(CommandResult.Gone.class, bench.run(new Command.DeleteVolume(4711)));
    long snapshot = bench.snapshot("s", volume);
    assertEquals(snapshot, bench.snapshot("s", volume));
  }

  @Test
  void aShrunkVolumeReadsZerosWhereItGrowsAgain() {
    bench.fill(volume, 0, 4, 1);
    bench.run(new Command.ResizeVolume(volume, 4096 + 512, true));
    bench.run(new Command.ResizeVolume(volume, 16384, false));
    byte[] data = bench.read(volume, 0, 16384);
    assertEquals(1, data[4096 + 511]);
    for (int i = 4096 + 512; i < data.length; i++) {
      assertEquals(0, data[i]);
    }
    assertTrue(bench.store().catalog().volume(volume).orElseThrow().sizeBytes() == 16384);
  }

  @Test
  void deletedSnapshotsLeaveNothingBehindForEver() {
    for (int i = 0; i < 300; i++) {
      for (int block = 0; block < 20; block++) {
        bench.fill(volume, block, 1, i % 100);
      }
      long snapshot = bench.snapshot("s" + i, volume);
      bench.run(new Command.DeleteSnapshot(snapshot));
    }
    bench.settle();
    bench.closeAndOpen();
    bench.store().check();
    assertEquals(99, bench.valueAt(volume, 19));
    int layers = bench.store().serving().namespace.layers.size();
    assertTrue(layers < 60, "layers " + layers);
    bench.run(new Command.DeleteVolume(volume));
    bench.settle();
    assertEquals(0, bench.store().serving().namespace.layers.size());
  }
}
