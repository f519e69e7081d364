package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Space to the byte: what nobody can read takes none, and nothing is left of what is deleted. */
class EmptyAgainTest {
  private static final int CHAINS = 157;
  private static final int DEPTH = 64;
  private static final int SEGMENTS = 1600;

  private final Random random = new Random(20_261_123);

  /** What an empty store takes. */
  private record Room(long live, long free, long mapBytes, int layers, int segments, int atHand) {
    static Room of(Bench bench) {
      Serving s = bench.store().serving();
      return new Room(
          s.table.liveBlocks(),
          bench.store().info().freeBytes(),
          s.namespace.cells.usedBytes(),
          s.namespace.layers.size(),
          s.table.freeCount(),
          s.table.allocatable());
    }
  }

  @Test
  void tenThousandClones64DeepDeletedInAnyOrderLeaveTheStoreAsEmptyAsFormatted() {
    Bench fresh = Bench.ofSegments(SEGMENTS);
    fresh.closeAndOpen();
    fresh.closeAndOpen();
    Bench bench = Bench.ofSegments(SEGMENTS);
    List<Command> deletes = grow(bench);
    assertEquals(CHAINS * (DEPTH + 1), bench.store().catalog().volumes().size());
    Collections.shuffle(deletes, random);
    int quarter = deletes.size() / 4 + 1;
    for (int from = 0; from < deletes.size(); from += quarter) {
      deleteSome(bench, deletes.subList(from, Math.min(deletes.size(), from + quarter)));
      bench.restUntilReclaimed();
      new Reachable(bench.store()).assertNothingElse();
      bench.closeAndOpen();
      bench.restUntilReclaimed();
      new Reachable(bench.store()).assertNothingElse();
    }
    bench.closeAndOpen();
    bench.closeAndOpen();
    assertEquals(Room.of(fresh), Room.of(bench));
  }

  /** Chains of clones, each written to, discarded in and snapshotted; returns what deletes all. */
  private List<Command> grow(Bench bench) {
    List<Command> deletes = new ArrayList<>();
    long[] tops = new long[CHAINS];
    for (int chain = 0; chain < CHAINS; chain++) {
      tops[chain] = bench.volume("golden" + chain, 4 << 20);
      bench.fill(tops[chain], random.nextInt(1000), 4, 1);
      deletes.add(new Command.DeleteVolume(tops[chain]));
    }
    for (int depth = 0; depth < DEPTH; depth++) {
      List<Command> snapshots = new ArrayList<>();
      for (int chain = 0; chain < CHAINS; chain++) {
        snapshots.add(new Command.CreateSnapshot("s" + chain + "." + depth, tops[chain]));
      }
      List<Command> clones = new ArrayList<>();
      for (CommandResult result : bench.runAll(snapshots)) {
        long id = ((CommandResult.SnapshotDone) result).snapshot().id();
        deletes.add(new Command.DeleteSnapshot(id));
        clones.add(Command.CreateVolume.ofSnapshot("c" + deletes.size(), 0, id));
      }
      List<CommandResult> made = bench.runAll(clones);
      for (int chain = 0; chain < CHAINS; chain++) {
        tops[chain] = Bench.volumeOf(made.get(chain));
        deletes.add(new Command.DeleteVolume(tops[chain]));
        change(bench, tops[chain]);
      }
    }
    return deletes;
  }

  /** Blocks meet those of other layers often: most are in few places. */
  private void change(Bench bench, long volume) {
    int block = random.nextInt(8) * 128 + random.nextInt(4);
    switch (random.nextInt(4)) {
      case 0 -> bench.zero(volume, block * 4096L, (1 + random.nextInt(3)) * 4096L);
      case 1 -> bench.zero(volume, random.nextInt(2) * (2L << 20), 2 << 20);
      default -> bench.fill(volume, block, 1 + random.nextInt(2), 1 + random.nextInt(99));
    }
  }

  private void deleteSome(Bench bench, List<Command> deletes) {
    for (int from = 0; from < deletes.size(); from += 100) {
      bench.runAll(deletes.subList(from, Math.min(deletes.size(), from + 100)));
    }
  }
}
