package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A store that is filled until not a block fits: who is told, and what still works. */
class BrimTest {
  private static final int LEAVES = 60;

  /** A writer of new blocks, with some requests under way. */
  private static final class Racer {
    final long volume;
    private final Bench bench;
    private final ArrayDeque<Long> underWay = new ArrayDeque<>();
    private final List<Integer> errnos = new ArrayList<>();
    private int next;

    Racer(Bench bench, String name) {
      this.bench = bench;
      volume = bench.volume(name, 16 << 20);
    }

    private static int value(int block) {
      return 1 + block % 100;
    }

    void submit() {
      int block = next++;
      byte[] data = new byte[4096];
      java.util.Arrays.fill(data, (byte) value(block));
      underWay.add(
          bench.submit(tag -> bench.store().write(volume, block * 4096L, bench.bytes(data), tag)));
      if (underWay.size() == 8) {
        errnos.add(bench.errno(underWay.remove()));
      }
    }

    void finish() {
      while (!underWay.isEmpty()) {
        errnos.add(bench.errno(underWay.remove()));
      }
    }

    boolean refused() {
      return errnos.contains(Errno.ENOSPC);
    }

    /** What was taken is there, and what was refused left no trace. */
    void verify() {
      for (int block = 0; block < errnos.size(); block++) {
        int errno = errnos.get(block);
        assertTrue(errno == 0 || errno == Errno.ENOSPC, "errno " + errno);
        assertEquals(errno == 0 ? value(block) : 0, bench.valueAt(volume, block), "block " + block);
      }
    }
  }

  @Test
  void twoRacersAreToldThatItIsFullAndOneGoesOnWhenTheOtherIsDeleted() {
    Bench bench = Bench.ofSegments(96);
    Racer a = new Racer(bench, "a");
    Racer b = new Racer(bench, "b");
    while (!a.refused() || !b.refused()) {
      a.submit();
      b.submit();
      assertTrue(a.next < 4096, "never full");
    }
    a.finish();
    b.finish();
    bench.store().check();
    a.verify();
    b.verify();
    assertEquals(0, bench.flush(a.volume));
    assertEquals(0, bench.fill(b.volume, 0, 1, Racer.value(0)), "an overwrite needs no room");
    assertEquals(0, bench.zero(a.volume, 4096, 4096), "a discard gets through");
    bench.crashAndOpen();
    assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
    b.verify();
    bench.run(new Command.DeleteVolume(a.volume));
    int before = b.errnos.size();
    for (int i = 0; i < 200; i++) {
      b.submit();
    }
    b.finish();
    assertTrue(b.errnos.subList(before, b.errnos.size()).stream().allMatch(e -> e == 0), "goes on");
    assertEquals(0, bench.flush(b.volume));
    bench.closeAndOpen();
    b.verify();
    bench.store().check();
  }

  @Test
  void aShrinkOfManyRecordsOnAFullStoreIsDoneWholeOrNotAtAll() {
    Bench bench = Bench.of(200, StoreOptions.small().withTuning(new Tuning(32, 8, 64L << 20)));
    long golden = bench.volume("golden", 1L << 30);
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      bench.fill(golden, leaf * 512L, 1, 7);
    }
    long snapshot = bench.snapshot("s", golden);
    List<Long> clones = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      clones.add(bench.clone("c" + i, snapshot));
    }
    Racer filler = new Racer(bench, "filler");
    while (!filler.refused()) {
      filler.submit();
    }
    filler.finish();
    List<Long> refused = new ArrayList<>();
    for (long clone : clones) {
      CommandResult result = bench.run(new Command.ResizeVolume(clone, 4096 + 512, true));
      if (result instanceof CommandResult.Refused(StoreError error)) {
        assertInstanceOf(StoreError.NoSpace.class, error);
        refused.add(clone);
        assertUntouched(bench, clone);
      } else {
        bench.run(new Command.ResizeVolume(clone, 1L << 30, false));
        assertEquals(0, bench.valueAt(clone, 512));
        assertEquals(0, bench.valueAt(clone, (LEAVES - 1) * 512L));
      }
    }
    assertTrue(refused.size() > 10 && refused.size() < 190, "refused: " + refused.size());
    bench.closeAndOpen();
    refused.forEach(clone -> assertUntouched(bench, clone));
    bench.run(new Command.DeleteVolume(filler.volume));
    bench.settle();
    assertInstanceOf(
        CommandResult.VolumeDone.class,
        bench.run(new Command.ResizeVolume(refused.getFirst(), 4096, true)));
    bench.store().check();
  }

  private static void assertUntouched(Bench bench, long clone) {
    long size =
        bench.store().serving().namespace.view().volumes().stream()
            .filter(volume -> volume.id() == clone)
            .findFirst()
            .orElseThrow()
            .sizeBytes();
    assertEquals(1L << 30, size);
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      assertEquals(7, bench.valueAt(clone, leaf * 512L), "leaf " + leaf);
    }
  }
}
