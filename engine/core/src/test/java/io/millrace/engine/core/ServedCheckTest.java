package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A check beside an engine that goes on: it finds what is wrong, and nothing else. */
class ServedCheckTest {
  private static final int BLOCKS = 300;

  private final Bench bench = Bench.ofSegments(64);
  private final long volume = bench.volume("v", 4096L * BLOCKS);

  private Optional<Fsck.Report> tryToCheck(Storage seen) {
    return ServedCheck.check(
        seen, () -> bench.store().logPosition().orElseThrow(), true, (_, _) -> {});
  }

  private Fsck.Report check(Storage seen) {
    return tryToCheck(seen).orElseThrow();
  }

  /** The disk as another process sees it; between its reads the engine does some of its work. */
  private final class Busy implements Storage {
    private final Random dice;
    private final int everyReads;
    private int reads;
    private int writes;

    Busy(long seed, int everyReads) {
      dice = new Random(seed);
      this.everyReads = everyReads;
    }

    @Override
    public long sizeBytes() {
      return bench.disk.sizeBytes();
    }

    @Override
    public void read(long offset, MemorySegment into, long ticket) {
      readNow(offset, into);
      ends.add(ticket);
    }

    @Override
    public int readNow(long offset, MemorySegment into) {
      if (++reads % everyReads == 0) {
        work();
      }
      for (long at = 0; at < into.byteSize(); at += Bytes.PAGE) {
        byte[] page = bench.disk.page((offset + at) / Bytes.PAGE);
        MemorySegment.copy(MemorySegment.ofArray(page), 0, into, at, Bytes.PAGE);
      }
      return 0;
    }

    private final java.util.ArrayDeque<Long> ends = new java.util.ArrayDeque<>();

    private void work() {
      writes++;
      assertEquals(0, bench.fill(volume, dice.nextInt(BLOCKS - 8), 1 + dice.nextInt(8), 1));
      if (dice.nextInt(4) == 0) {
        bench.flush(volume);
      }
      if (dice.nextInt(16) == 0) {
        bench.zero(volume, 4096L * dice.nextInt(100), 4096L * dice.nextInt(1, 60));
      }
    }

    @Override
    public void write(long offset, MemorySegment from, long ticket) {
      throw new AssertionError("it writes");
    }

    @Override
    public void sync(long ticket) {
      throw new AssertionError("it syncs");
    }

    @Override
    public void drain(Completions sink) {
      for (Long ticket = ends.poll(); ticket != null; ticket = ends.poll()) {
        sink.completed(ticket, 0);
      }
    }
  }

  @Test
  void anEngineAtWorkIsFoundCleanAtEveryMoment() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random dice = new Random(seed);
    bench.fill(volume, 0, BLOCKS, 7);
    bench.flush(volume);
    long checkpoints = bench.store().stats().checkpoints();
    int writes = 0;
    int tooFast = 0;
    for (int i = 0; i < 150; i++) {
      Busy busy = new Busy(dice.nextLong(), 1 + dice.nextInt(40));
      Optional<Fsck.Report> checked = tryToCheck(busy);
      tooFast += checked.isEmpty() ? 1 : 0;
      if (checked.isPresent()) {
        assertEquals(List.of(), checked.get().findings(), "round " + i);
        assertTrue(checked.get().clean() && checked.get().counts().blocks() > 0);
      }
      writes += busy.writes;
      bench.poll();
    }
    assertTrue(tooFast < 50, "too often too fast: " + tooFast);
    assertTrue(writes > 500, "it was not busy: " + writes);
    assertTrue(bench.store().stats().segmentsCleaned() > 0, "nothing was cleaned");
    assertTrue(bench.store().stats().checkpoints() > checkpoints + 5, "too few checkpoints");
  }

  @Test
  void aDamagedBlockIsNamedAsWhenTheStoreIsOffline() {
    bench.fill(volume, 0, BLOCKS, 7);
    bench.fill(volume, 5, 1, 99);
    bench.closeAndOpen();
    bench.disk.flipBit(bench.pageFilledWith(99) * 4096 + 17);
    Fsck.Report served = check(new Busy(1, Integer.MAX_VALUE));
    assertFalse(served.clean());
    Fsck.Report offline = Fsck.check(bench.disk, true, (_, _) -> {});
    assertEquals(offline.findings(), served.findings());
    assertEquals(1, served.damages());
    assertEquals(List.of("volume v"), served.findings().getFirst().seenBy());
    Fsck.Report busy = check(new Busy(2, 1_000));
    assertEquals(served.findings(), busy.findings());
  }

  @Test
  void aDamagedCopyOfARootAndADamagedMapAreFound() {
    bench.fill(volume, 0, BLOCKS, 7);
    bench.closeAndOpen();
    bench.disk.flipBit(Geometry.ROOT_B * 4096L + 50);
    Fsck.Report report = check(new Busy(3, Integer.MAX_VALUE));
    assertEquals(1, report.warnings(), report.findings().toString());
    assertTrue(report.clean());
    Root root =
        java.util.Objects.requireNonNull(
            StoreHeads.read(new BlockingDisk(bench.disk), java.lang.foreign.Arena.ofAuto()).root());
    ChunkReference directory = root.directory().getFirst();
    bench.disk.flipBit(directory.segment() * 65536L + directory.page() * 4096L + 70);
    assertFalse(check(new Busy(4, Integer.MAX_VALUE)).clean());
  }

  @Test
  void whatTheEngineCallsDurableAndIsNotThereIsDamage() {
    bench.fill(volume, 0, 20, 7);
    bench.fill(volume, 5, 1, 99);
    bench.flush(volume);
    bench.disk.flipBit(bench.pageFilledWith(99) * 4096 + 17);
    assertTrue(Fsck.check(bench.disk, true, (_, _) -> {}).clean(), "it may be the end of the log");
    assertFalse(check(new Busy(7, Integer.MAX_VALUE)).clean());
  }

  @Test
  void whatIsNotDurableYetIsNotLookedAt() {
    bench.fill(volume, 0, 20, 7);
    bench.flush(volume);
    long before = check(new Busy(5, Integer.MAX_VALUE)).counts().blocks();
    bench.submit(tag -> bench.store().write(volume, 4096 * 40, bench.bytes(new byte[4096]), tag));
    bench.poll();
    assertEquals(before, check(new Busy(6, Integer.MAX_VALUE)).counts().blocks());
  }
}
