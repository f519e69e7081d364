package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FsckTest {
  private static final int PAGES_PER_SEGMENT = 16;
  private static final int BLOCKS = 1024;
  private final Bench bench = Bench.of(64, StoreOptions.small().withCacheBytes(0));
  private final long volume = bench.volume("disk", BLOCKS * 4096L);

  private Fsck.Report check() {
    return Fsck.check(bench.disk, true, (_, _) -> {});
  }

  private Finding onlyFinding() {
    Fsck.Report report = check();
    assertEquals(1, report.findings().size(), report.findings().toString());
    return report.findings().getFirst();
  }

  private void history() {
    bench.fill(volume, 0, 200, 1);
    long base = bench.snapshot("base", volume);
    bench.fill(volume, 50, 50, 2);
    bench.zero(volume, 4096 * 120, 4096 * 30);
    long clone = bench.clone("clone", base);
    bench.fill(clone, 10, 30, 3);
    bench.zero(clone, 0, 4096 * 512);
    bench.fill(clone, 7, 1, 77);
    bench.flush(volume);
  }

  private void flip(long page, int byteAt) {
    bench.disk.flipBit(page * 4096 + byteAt);
  }

  @Test
  void aStoreThatWasClosedIsCleanAndCounted() {
    history();
    bench.closeAndOpen();
    Fsck.Report report = check();
    assertTrue(report.clean() && report.findings().isEmpty(), report.findings().toString());
    assertEquals(Bench.STORE, report.store().orElseThrow());
    assertEquals(2, report.counts().volumes());
    assertEquals(1, report.counts().snapshots());
    assertEquals(bench.store().info().physicalBytes() / 4096, report.counts().blocks());
    assertEquals(report.counts().blocks(), report.counts().dataBlocks());
    assertTrue(report.counts().chunks() >= 4, report.toString());
  }

  @Test
  void aStoreInAnyStateOfACrashIsCleanAndNotWrittenTo() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random dice = new Random(seed);
    List<Long> volumes = new ArrayList<>(List.of(volume));
    List<Long> snapshots = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      step(dice, i, volumes, snapshots);
      if (i % 20 == 19) {
        bench.disk.crash();
        long before = bench.disk.bytesWritten;
        Fsck.Report report = check();
        assertTrue(report.clean(), "step " + i + ": " + report.findings());
        assertEquals(before, bench.disk.bytesWritten);
        bench.open();
        assertEquals(StoreState.SERVING, bench.store().state(), bench.store().reason());
      }
    }
  }

  private void step(Random dice, int i, List<Long> volumes, List<Long> snapshots) {
    long target = volumes.get(dice.nextInt(volumes.size()));
    int block = dice.nextInt(256);
    switch (dice.nextInt(12)) {
      case 0 -> snapshots.add(bench.snapshot("s" + i, target));
      case 1 -> {
        if (!snapshots.isEmpty()) {
          volumes.add(bench.clone("c" + i, snapshots.get(dice.nextInt(snapshots.size()))));
        }
      }
      case 2 -> {
        if (snapshots.size() > 3) {
          bench.run(new Command.DeleteSnapshot(snapshots.removeFirst()));
        }
      }
      case 3 -> {
        if (volumes.size() > 4) {
          bench.run(new Command.DeleteVolume(volumes.remove(1)));
        }
      }
      case 4 -> bench.zero(target, block * 4096L, 4096L * (1 + dice.nextInt(600)));
      case 5, 6 -> bench.flush(target);
      case 7 -> bench.settle();
      default -> bench.fill(target, block, 1 + dice.nextInt(30), i % 100);
    }
  }

  @Test
  void cleanedSegmentsAreClean() {
    for (int i = 0; i < 4000; i++) {
      bench.fill(volume, ((i * 7919L) & 0xffff) % 450, 2, i % 100);
    }
    bench.settle();
    assertTrue(bench.store().stats().segmentsCleaned() > 0);
    bench.disk.kill();
    Fsck.Report report = check();
    assertTrue(report.clean(), report.findings().toString());
  }

  @Test
  void aDamagedBlockIsNamedWithItsLayerAndWhoReadsIt() {
    history();
    bench.closeAndOpen();
    long page = bench.disk.pageFilledWith(77);
    flip(page, 1000);
    Finding found = onlyFinding();
    assertEquals(Finding.Part.DATA, found.part());
    assertEquals(page, found.segment() * PAGES_PER_SEGMENT + found.page());
    assertEquals(7, found.block());
    assertEquals(List.of("volume clone"), found.seenBy());
    assertTrue(found.toString().contains(" layer 0"), found.toString());
    assertTrue(Fsck.check(bench.disk, false, (_, _) -> {}).clean(), "data were not asked for");
  }

  @Test
  void aDamagedHeaderIsNamedForEachBlockThatItSpeaksOf() {
    bench.fill(volume, 5, 2, 88);
    bench.closeAndOpen();
    long header = bench.disk.pageFilledWith(88) - 1;
    flip(header, 130);
    Fsck.Report report = check();
    assertEquals(2, report.damages(), report.findings().toString());
    Finding found = report.findings().getFirst();
    assertEquals(Finding.Part.COMMIT, found.part());
    assertEquals(5, found.block());
    assertEquals(header + 1, found.segment() * PAGES_PER_SEGMENT + found.page());
  }

  @Test
  void oneBadCopyOfASuperblockOrRootIsAWarning() {
    history();
    bench.closeAndOpen();
    flip(Geometry.SUPERBLOCK_A, 100);
    flip(Geometry.ROOT_B, 40);
    Fsck.Report report = check();
    assertTrue(report.clean(), report.findings().toString());
    assertEquals(2, report.warnings());
    flip(Geometry.SUPERBLOCK_B, 100);
    assertFalse(check().clean());
  }

  @Test
  void aDamagedChunkOfTheCheckpointIsNamed() {
    history();
    bench.closeAndOpen();
    long page = pageThatBegins("MRCHUNK1");
    flip(page, 70);
    Fsck.Report report = check();
    assertFalse(report.clean());
    Finding found = report.findings().getFirst();
    assertEquals(Finding.Part.CHECKPOINT, found.part());
    assertEquals(page, found.segment() * PAGES_PER_SEGMENT + found.page());
  }

  private long pageThatBegins(String magic) {
    for (long page = PAGES_PER_SEGMENT; page < 64 * PAGES_PER_SEGMENT; page++) {
      if (begins(page, magic)) {
        return page;
      }
    }
    throw new AssertionError("no page begins with " + magic);
  }

  private boolean begins(long page, String magic) {
    byte[] data = bench.disk.page(page);
    byte[] wanted = magic.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    return Arrays.equals(Arrays.copyOf(data, wanted.length), wanted);
  }

  /** Everything that can be read, or why nothing can. */
  private Map<String, Integer> contents() {
    Map<String, Integer> all = new HashMap<>();
    if (StoreReader.open(bench.disk) instanceof StoreReader.Opened.Recovered(StoreReader reader)) {
      reader.catalog().volumes().forEach(v -> reader.read(v, into(all, v.name())));
      reader.catalog().snapshots().forEach(s -> reader.read(s, into(all, s.name())));
    } else {
      all.put("refused", 1);
    }
    return all;
  }

  private static StoreReader.Content into(Map<String, Integer> all, String name) {
    all.put(name, 0);
    return new StoreReader.Content() {
      @Override
      public void data(long offset, MemorySegment data) {
        byte[] bytes = data.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        all.merge(name, Arrays.hashCode(bytes) ^ Long.hashCode(offset), (a, b) -> a * 31 + b);
      }

      @Override
      public void damaged(StoreReader.Damage damage) {
        all.put(name + damage.offset(), -1);
      }
    };
  }

  @Test
  void noFlippedBitThatChangesWhatIsReadGoesUnseen() {
    bench.fill(volume, 0, 20, 1);
    bench.clone("clone", bench.snapshot("base", volume));
    bench.fill(volume, 5, 3, 2);
    bench.closeAndOpen();

    bench.disk.kill();
    Map<String, Integer> intact = contents();
    int seen = 0;
    int changed = 0;
    for (long page = 0; page < 64 * PAGES_PER_SEGMENT; page++) {
      for (int at = 3; at < 4096 && isUsed(page); at += 97) {
        flip(page, at);
        boolean differs = !contents().equals(intact);
        boolean told = !check().findings().isEmpty();
        changed += differs ? 1 : 0;
        seen += told ? 1 : 0;
        assertTrue(told || !differs, "page " + page + " byte " + at + " is not told");
        flip(page, at);
      }
    }
    assertTrue(changed > 300 && seen >= changed, changed + " changes, " + seen + " seen");
    assertEquals(intact, contents());
  }

  private boolean isUsed(long page) {
    return !Arrays.equals(new byte[4096], bench.disk.page(page));
  }
}
