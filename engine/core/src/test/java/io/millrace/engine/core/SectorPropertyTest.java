package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Writes and zeroed ranges of any sectors against a model with a byte per sector, over clones,
 * merges, checkpoints and crashes. A failure prints its seed and the fewest steps that show it.
 */
class SectorPropertyTest {
  private static final int SECTORS = 2 * 4096 + 1024 + 3;
  private static final int SEEDS = 60;
  private static final int STEPS = 60;

  private enum Kind {
    WRITE,
    ZERO,
    CLONE,
    DELETE_OLD,
    REST,
    CRASH,
    REOPEN
  }

  /** Sectors {@code first} to {@code first + count - 1}, where the kind has any. */
  private record Step(Kind kind, int first, int count, int value) {}

  @Test
  void whatIsZeroedIsZeroToTheSectorAndNothingElseIs() {
    long first = System.nanoTime() & 0xffff_ffffL;
    for (long seed = first; seed < first + SEEDS; seed++) {
      List<Step> steps = steps(new Random(seed));
      if (failure(steps) != null) {
        List<Step> fewest = shrink(steps);
        fail("seed %d, %s after %s".formatted(seed, failure(fewest), fewest));
      }
    }
  }

  private static List<Step> steps(Random random) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      int dice = random.nextInt(20);
      Kind kind =
          dice < 7
              ? Kind.WRITE
              : dice < 14 ? Kind.ZERO : Kind.values()[2 + random.nextInt(Kind.values().length - 2)];
      int countMax = kind == Kind.WRITE ? 64 : 1 << random.nextInt(14);
      int count = Math.min(SECTORS, 1 + random.nextInt(countMax));
      int at = random.nextBoolean() ? random.nextInt(SECTORS) : random.nextInt(5) * 2048;
      steps.add(new Step(kind, Math.min(at, SECTORS - count), count, 1 + random.nextInt(100)));
    }
    return steps;
  }

  /** Leaves out steps as long as it still fails. */
  private static List<Step> shrink(List<Step> failing) {
    List<Step> steps = failing;
    for (int size = steps.size() / 2; size > 0; size /= 2) {
      for (int at = 0; at + size <= steps.size(); ) {
        List<Step> fewer = new ArrayList<>(steps.subList(0, at));
        fewer.addAll(steps.subList(at + size, steps.size()));
        if (failure(fewer) != null) {
          steps = fewer;
        } else {
          at += size;
        }
      }
    }
    return steps;
  }

  private static @Nullable String failure(List<Step> steps) {
    try {
      return new Run().failure(steps);
    } catch (AssertionError | RuntimeException broken) {
      return broken.toString();
    }
  }

  /** A store, and the volume that the steps are about: the newest clone. */
  private static final class Run {
    private final Bench bench = Bench.ofSegments(600);
    private final byte[] model = new byte[SECTORS];
    private final List<Long> snapshots = new ArrayList<>();
    private final List<Long> olderVolumes = new ArrayList<>();
    private long volume = bench.volume("v", SECTORS * 512L);
    private int names;

    @Nullable String failure(List<Step> steps) {
      for (Step step : steps) {
        take(step);
      }
      bench.settle();
      bench.store().check();
      byte[] now = bench.read(volume, 0, SECTORS * 512);
      for (int i = 0; i < now.length; i++) {
        if (now[i] != model[i / 512]) {
          return "sector %d has %d, not %d".formatted(i / 512, now[i], model[i / 512]);
        }
      }
      return null;
    }

    private void take(Step step) {
      switch (step.kind) {
        case WRITE -> write(step);
        case ZERO -> zero(step);
        case CLONE -> cloneIt();
        case DELETE_OLD -> deleteOld();
        case REST -> bench.restUntilReclaimed();
        case CRASH -> {
          bench.flush(volume);
          bench.crashAndOpen();
        }
        case REOPEN -> bench.closeAndOpen();
      }
    }

    private void write(Step step) {
      byte[] data = new byte[step.count * 512];
      Arrays.fill(data, (byte) step.value);
      succeed(bench.write(volume, step.first * 512L, data));
      Arrays.fill(model, step.first, step.first + step.count, (byte) step.value);
    }

    private void zero(Step step) {
      succeed(bench.zero(volume, step.first * 512L, step.count * 512L));
      Arrays.fill(model, step.first, step.first + step.count, (byte) 0);
    }

    private static void succeed(int errno) {
      if (errno != 0) {
        throw new IllegalStateException("errno " + errno);
      }
    }

    private void cloneIt() {
      long snapshot = bench.snapshot("s" + names, volume);
      snapshots.add(snapshot);
      olderVolumes.add(volume);
      volume = bench.clone("c" + names++, snapshot);
    }

    private void deleteOld() {
      snapshots.forEach(id -> bench.run(new Command.DeleteSnapshot(id)));
      olderVolumes.forEach(id -> bench.run(new Command.DeleteVolume(id)));
      snapshots.clear();
      olderVolumes.clear();
    }
  }
}
