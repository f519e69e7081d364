package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IncrementalCheckpointTest {
  private static final int LEAVES = 400;

  private final Bench bench = Bench.ofSegments(2400);
  private final Random random = new Random(6);

  private List<MapChunk> chunks() {
    return bench.store().serving().namespace.pages.chunks();
  }

  private int owned() {
    return bench.store().serving().table.all(SegmentTable.CHECKPOINT).length;
  }

  private long filled() {
    long volume = bench.volume("sparse", 1L << 40);
    for (int leaf = 0; leaf < LEAVES; leaf++) {
      assertEquals(0, bench.fill(volume, leaf * 512L, 40, 1));
    }
    bench.closeAndOpen();
    return volume;
  }

  @Test
  void onlyChunksWhoseLeavesHaveChangedAreWrittenAgain() {
    long volume = filled();
    Set<MapChunk> before = new HashSet<>(chunks());
    assertTrue(before.size() > 15, "chunks: " + before.size());
    assertEquals(0, bench.fill(volume, 17 * 512L + 3, 1, 2));
    assertEquals(0, bench.fill(volume, 300 * 512L + 60, 1, 2));
    assertEquals(0, bench.zero(volume, 200 * 512L * 4096, 512 * 4096));
    bench.closeAndOpen();
    List<MapChunk> kept = chunks().stream().filter(before::contains).toList();
    assertTrue(kept.size() >= before.size() - 6, kept.size() + " of " + before.size());
    assertTrue(kept.size() < before.size(), "none was written");
    assertEquals(2, bench.valueAt(volume, 17 * 512L + 3));
    assertEquals(2, bench.valueAt(volume, 300 * 512L + 60));
    assertEquals(0, bench.valueAt(volume, 200 * 512L));
    assertEquals(1, bench.valueAt(volume, 201 * 512L));
    bench.store().check();
  }

  @Test
  void whatIsDeletedIsInNoChunkAnyMore() {
    long volume = filled();
    long snapshot = bench.snapshot("s", volume);
    long clone = bench.clone("c", snapshot);
    bench.fill(clone, 5, 1, 3);
    bench.closeAndOpen();
    bench.run(new Command.DeleteSnapshot(snapshot));
    bench.run(new Command.DeleteVolume(volume));
    bench.restUntilReclaimed();
    bench.closeAndOpen();
    assertEquals(3, bench.valueAt(clone, 5));
    assertEquals(1, bench.valueAt(clone, 6));
    bench.run(new Command.DeleteVolume(clone));
    bench.restUntilReclaimed();
    bench.closeAndOpen();
    assertEquals(0, chunks().size());
    assertEquals(0, bench.store().info().physicalBytes());
  }

  @Test
  void afterAnyChangesAndCrashesTheMapsAreThoseThatWereAndOwnNoMoreSegmentsThanTheyNeed() {
    long volume = filled();
    Map<Long, Integer> model = new HashMap<>();
    List<Long> olderSnapshots = new ArrayList<>();
    List<Long> olderVolumes = new ArrayList<>();
    for (int round = 0; round < 60; round++) {
      for (int i = 0; i < random.nextInt(12); i++) {
        change(volume, model, 1 + round);
      }
      if (random.nextInt(6) == 0) {
        olderVolumes.add(volume);
        olderSnapshots.add(bench.snapshot("s" + round, volume));
        volume = bench.clone("c" + round, olderSnapshots.getLast());
      }
      if (random.nextInt(9) == 0) {
        olderSnapshots.forEach(id -> bench.run(new Command.DeleteSnapshot(id)));
        olderVolumes.forEach(id -> bench.run(new Command.DeleteVolume(id)));
        olderSnapshots.clear();
        olderVolumes.clear();
      }
      if (random.nextInt(3) == 0) {
        bench.flush(volume);
        bench.crashAndOpen();
      } else {
        bench.closeAndOpen();
      }
      bench.store().check();
      int need = bench.store().serving().space.checkpointSegments();
      assertTrue(owned() <= 2 * need + 2, owned() + " owned, " + need + " needed");
    }
    for (Map.Entry<Long, Integer> entry : model.entrySet()) {
      assertEquals(
          entry.getValue(), bench.valueAt(volume, entry.getKey()), "block " + entry.getKey());
    }
    for (long leaf = 0; leaf < LEAVES; leaf++) {
      long block = leaf * 512 + random.nextInt(40);
      assertEquals(model.getOrDefault(block, 1), bench.valueAt(volume, block), "block " + block);
    }
  }

  private void change(long volume, Map<Long, Integer> model, int value) {
    long first = random.nextInt(LEAVES) * 512L + random.nextInt(80);
    int count = 1 + random.nextInt(4);
    boolean zero = random.nextInt(3) == 0;
    if (zero) {
      assertEquals(0, bench.zero(volume, first * 4096, count * 4096L));
    } else {
      assertEquals(0, bench.fill(volume, first, count, value));
    }
    for (long block = first; block < first + count; block++) {
      model.put(block, zero ? 0 : value);
    }
  }

  @Test
  void oneThatIsGivenUpIsFollowedByOneThatWritesEverything() {
    long volume = filled();
    Set<MapChunk> before = new HashSet<>(chunks());
    bench.fill(volume, 9 * 512L, 1, 4);
    SegmentTable table = bench.store().serving().table;
    long close = bench.submit(tag -> bench.store().close(tag));
    Checkpointer checkpointer = bench.store().serving().checkpointer;
    for (int i = 0; i < 1000 && !checkpointer.readsMaps(); i++) {
      bench.poll();
    }
    while (table.takeForLog(0) >= 0) {
      // Nothing is left for it.
    }
    assertEquals(0, bench.errno(close));
    bench.crashAndOpen();
    assertEquals(4, bench.valueAt(volume, 9 * 512L));
    assertEquals(1, bench.valueAt(volume, 9 * 512L + 1));
    bench.closeAndOpen();
    assertEquals(4, bench.valueAt(volume, 9 * 512L));
    assertTrue(before.size() > 1);
    bench.store().check();
  }
}
