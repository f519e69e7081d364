package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OwnerHintsTest {
  private static final int DEPTH = 64;
  private static final int BLOCKS = 1100;

  private final Bench bench = Bench.ofSegments(600);
  private final List<Long> snapshots = new ArrayList<>();
  private final Random random = new Random(64);

  @Test
  void aDeepChainIsReadByHintsThatSayWhatTheLayersSay() {
    long top = chain(bench.volume("golden", BLOCKS * 4096L));
    long other = bench.clone("other", snapshots.getLast());
    assertSame(top);
    int hints = hints().count();
    assertEquals(3, hints, "one for each leaf");
    assertSame(top);
    assertSame(other);
    assertEquals(hints, hints().count(), "clones of one snapshot share them");
  }

  @Test
  void hintsAreForgottenWhenLayersBecomeOne() {
    long top = chain(bench.volume("golden", BLOCKS * 4096L));
    while (!snapshots.isEmpty()) {
      assertSame(top);
      long snapshot = snapshots.remove(random.nextInt(snapshots.size()));
      bench.submit(tag -> bench.store().command(new Command.DeleteSnapshot(snapshot), tag));
      for (int polls = 0; polls < 10; polls++) {
        bench.poll();
        assertSame(top);
      }
      bench.zero(top, random.nextInt(BLOCKS - 40) * 4096L, 40 * 4096);
      bench.fill(top, random.nextInt(BLOCKS), 1, 1);
      bench.flush(top);
    }
    bench.restUntilReclaimed();
    assertSame(top);
  }

  @Test
  void hintsNeverTakeMoreThanTheirShareOfTheBudgetAndNothingWhenAllIsDeleted() {
    Bench tight = Bench.of(600, StoreOptions.small().withMapBytesMax(32 * 2048 * 4));
    long volume = tight.volume("golden", 1L << 40);
    List<Command> deletes = new ArrayList<>();
    for (int depth = 0; depth < 6; depth++) {
      for (int leaf = 0; leaf < 20; leaf++) {
        tight.fill(volume, leaf * 512L + depth, 1, 1 + depth);
      }
      deletes.add(new Command.DeleteVolume(volume));
      long snapshot = tight.snapshot("s" + depth, volume);
      deletes.add(new Command.DeleteSnapshot(snapshot));
      volume = tight.clone("c" + depth, snapshot);
    }
    deletes.add(new Command.DeleteVolume(volume));
    for (int leaf = 0; leaf < 20; leaf++) {
      assertEquals(1, tight.valueAt(volume, leaf * 512L));
    }
    int hints = tight.store().serving().namespace.hints.count();
    assertTrue(hints > 0 && hints <= 4, "hints: " + hints);
    tight.runAll(deletes);
    tight.restUntilReclaimed();
    assertEquals(0, tight.store().stats().mapBytes());
  }

  /** Volumes on snapshots of volumes, each with a few blocks and holes of its own. */
  private long chain(long golden) {
    long volume = golden;
    for (int depth = 0; depth < DEPTH; depth++) {
      for (int i = 0; i < 3; i++) {
        bench.fill(volume, random.nextInt(BLOCKS - 8), 1 + random.nextInt(8), 1 + depth);
      }
      bench.zero(volume, random.nextInt(BLOCKS - 8) * 4096L, 8 * 4096);
      long snapshot = bench.snapshot("s" + depth, volume);
      snapshots.add(snapshot);
      volume = bench.clone("c" + depth, snapshot);
    }
    bench.flush(volume);
    return volume;
  }

  private OwnerHints hints() {
    return bench.store().serving().namespace.hints;
  }

  private void assertSame(long volume) {
    Serving s = bench.store().serving();
    Volume v = s.namespace.volumes.get(volume);
    if (v == null) {
      throw new AssertionError("no volume");
    }
    LayerChain chain = new LayerChain(v.top);
    for (int block = 0; block < BLOCKS; block++) {
      assertEquals(Math.max(-1, chain.find(block)), s.resolver.resolve(v.top, block));
    }
  }
}
