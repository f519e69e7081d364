package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ScrubberTest {
  private static final int BLOCKS = 1024;
  private static final int PAGES_PER_SEGMENT = 16;
  private static final long FAST = 1L << 40;
  private final Bench bench = Bench.of(64, StoreOptions.small().withCacheBytes(0));
  private final long volume = bench.volume("disk", BLOCKS * 4096L);
  private final MemorySegment block = Arena.ofAuto().allocate(4096);

  private ScrubReport report() {
    return bench.store().scrubReport();
  }

  private ScrubReport scrub() {
    return scrub(FAST);
  }

  private ScrubReport scrub(long bytesPerSecond) {
    bench.store().scrub(new ScrubSchedule(bytesPerSecond, 0, 0));
    assertTrue(bench.store().startScrub());
    for (int i = 0; i < 100_000 && report().running(); i++) {
      bench.poll();
    }
    assertFalse(report().running());
    return report();
  }

  /** A block that is moved during a pass may be checked at both of its places. */
  private void awaitRest() {
    Serving serving = bench.store().serving();
    for (int i = 0; i < 10_000 && !(rests(serving.cleaner) && serving.disk.idle()); i++) {
      bench.poll();
    }
    assertTrue(rests(serving.cleaner));
  }

  private static boolean rests(Cleaner cleaner) {
    return cleaner.idle() || cleaner.stuck();
  }

  private Set<Long> unreadableBlocks() {
    Set<Long> found = new TreeSet<>();
    for (long i = 0; i < BLOCKS; i++) {
      if (bench.read(volume, i * 4096, block) == Errno.EIO) {
        found.add(i);
      }
    }
    return found;
  }

  private static Set<Long> blocks(ScrubReport report) {
    Set<Long> found = new TreeSet<>();
    report.damaged().forEach(d -> found.add(d.block()));
    return found;
  }

  /** Flips a bit in some of the pages that hold data of the store. */
  private void damageSomePages(Random dice) {
    for (long page = PAGES_PER_SEGMENT; page < 64 * PAGES_PER_SEGMENT; page++) {
      byte[] data = bench.disk.page(page);
      boolean isBlock = data[0] > 0 && data[0] == data[100] && data[0] == data[4095];
      if (isBlock && dice.nextInt(8) == 0) {
        bench.disk.flipBit(page * 4096 + dice.nextInt(4096));
      }
    }
  }

  @Test
  void onePassFindsAllDamageAndNothingElse() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random dice = new Random(seed);
    for (int i = 0; i < 300; i++) {
      bench.fill(volume, dice.nextInt(600), 1 + dice.nextInt(12), 1 + dice.nextInt(90));
    }
    bench.flush(volume);
    awaitRest();
    ScrubReport before = scrub();
    assertEquals(0, before.damagedBlocks(), before.toString());
    assertEquals(bench.store().info().physicalBytes() / 4096, before.blocksChecked());
    damageSomePages(dice);
    ScrubReport after = scrub();
    assertTrue(after.damagedBlocks() > 10, after.toString());
    assertEquals(unreadableBlocks(), blocks(after));
    assertEquals(2, after.passes());
  }

  @Test
  void aDamagedBlockIsNamedUntilItIsWrittenAnew() {
    bench.fill(volume, 0, 20, 1);
    bench.fill(volume, 7, 1, 77);
    bench.flush(volume);
    long page = bench.disk.pageFilledWith(77);
    bench.disk.flipBit(page * 4096 + 9);
    ScrubReport found = scrub();
    assertEquals(1, found.damagedBlocks());
    ScrubReport.Damaged damaged = found.damaged().getFirst();
    assertEquals(page, damaged.segment() * (long) PAGES_PER_SEGMENT + damaged.page());
    assertEquals(7, damaged.block());
    bench.fill(volume, 7, 1, 78);
    bench.flush(volume);
    bench.settle();
    assertEquals(List.of(), report().damaged());
    assertEquals(0, report().damagedBlocks());
  }

  @Test
  void aBadSectorCostsOneBlock() {
    bench.fill(volume, 0, 20, 1);
    bench.fill(volume, 7, 1, 77);
    bench.flush(volume);
    bench.disk.makeBad(bench.disk.pageFilledWith(77));
    ScrubReport found = scrub();
    assertEquals(Set.of(7L), blocks(found));
    assertTrue(found.damaged().getFirst().reason().contains("the disk can't read it"));
  }

  @Test
  void aDamagedHeaderIsFoundThoughTheMapsStillReadItsBlocks() {
    bench.fill(volume, 5, 3, 88);
    bench.closeAndOpen();
    bench.disk.flipBit((bench.disk.pageFilledWith(88) - 1) * 4096 + 130);
    ScrubReport found = scrub();
    assertEquals(3, found.damagedBlocks(), found.toString());
    assertEquals(88, bench.valueAt(volume, 6));
  }

  @Test
  void itReadsNoFasterThanTheClockEarns() {
    for (int i = 0; i < 400; i++) {
      bench.fill(volume, i, 1, 1 + i % 90);
    }
    bench.flush(volume);
    long rate = 1 << 20;
    bench.store().scrub(new ScrubSchedule(rate, 0, 0));
    bench.store().startScrub();
    long begun = bench.nanos();
    long burst = 256 << 10;
    while (report().running()) {
      bench.poll();
      double seconds = (bench.nanos() - begun) / 1e9;
      assertTrue(report().bytesRead() <= rate * seconds + burst, report().toString());
    }
    assertTrue(report().bytesRead() > 2 * burst, report().toString());
  }

  @Test
  void itBeginsByItselfWhenItIsTime() {
    bench.fill(volume, 0, 20, 1);
    bench.store().scrub(new ScrubSchedule(FAST, 60_000_000_000L, 10_000_000_000L));
    bench.rest(9);
    assertEquals(0, report().passes());
    bench.rest(5);
    assertEquals(1, report().passes());
    bench.rest(50);
    assertEquals(1, report().passes());
    bench.rest(20);
    assertEquals(2, report().passes());
    bench.closeAndOpen();
    assertEquals(0, report().passes());
    assertFalse(bench.store().startScrub(), "without a rate there is none");
  }

  @Test
  void besideOverwritesAndCleaningItFindsNothingThatIsNotThere() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random dice = new Random(seed);
    bench.store().scrub(new ScrubSchedule(FAST, 1, 0));
    for (int i = 0; i < 6000; i++) {
      bench.fill(volume, dice.nextInt(450), 1 + dice.nextInt(3), 1 + i % 90);
      assertEquals(0, report().damagedBlocks(), () -> report().toString());
    }
    assertTrue(bench.store().stats().segmentsCleaned() > 0);
    assertTrue(report().passes() > 10, report().toString());
    bench.store().check();
  }

  @Test
  void veryManyAreCountedAndTheFirstThousandListed() {
    Bench large = Bench.of(160, StoreOptions.small().withCacheBytes(0));
    long disk = large.volume("disk", 8 << 20);
    for (int i = 0; i < 1400; i += 14) {
      large.fill(disk, i, 14, 99);
    }
    large.flush(disk);
    for (long page = PAGES_PER_SEGMENT; page < 160 * PAGES_PER_SEGMENT; page++) {
      if (large.disk.page(page)[4000] == 99) {
        large.disk.flipBit(page * 4096);
      }
    }
    large.store().scrub(new ScrubSchedule(FAST, 0, 0));
    for (int pass = 0; pass < 2; pass++) {
      large.store().startScrub();
      for (int i = 0; i < 100_000 && large.store().scrubReport().running(); i++) {
        large.poll();
      }
      assertEquals(1400, large.store().scrubReport().damagedBlocks());
      assertEquals(1000, large.store().scrubReport().damaged().size());
    }
  }

  @Test
  void aDamagedChunkOfTheMapsIsFoundBeforeAnybodyAsksForIt() {
    bench.fill(volume, 0, 100, 1);
    bench.closeAndOpen();
    assertEquals(0, scrub().damagedBlocks());
    ChunkReference chunk = bench.store().serving().namespace.pages.chunks().getFirst().reference();
    long at = (long) (chunk.segment() * PAGES_PER_SEGMENT + chunk.page()) * 4096;
    bench.disk.flipBit(at + 100);
    ScrubReport.Damaged found = scrub().damaged().getFirst();
    assertEquals(chunk.segment(), found.segment());
    assertEquals(chunk.page(), found.page());
    assertTrue(found.reason().contains("rebuild"), found.reason());
    bench.disk.flipBit(at + 100);
    assertEquals(0, scrub().damagedBlocks());
  }
}
