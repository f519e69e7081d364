package io.millrace.engine.core;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;

/** Which blocks are written, one after the other. */
enum StreamLoad {
  UNIFORM("uniform") {
    @Override
    IntSupplier of(int blocks, SplittableRandom random) {
      return () -> random.nextInt(blocks);
    }
  },
  EIGHTY_TWENTY("80/20") {
    @Override
    IntSupplier of(int blocks, SplittableRandom random) {
      return hot(80, blocks / 5, blocks, random);
    }
  },
  NINETY_FIVE_FIVE("95/5") {
    @Override
    IntSupplier of(int blocks, SplittableRandom random) {
      return hot(95, blocks / 20, blocks, random);
    }
  },
  ZIPF("Zipf 0.99") {
    @Override
    IntSupplier of(int blocks, SplittableRandom random) {
      int[] order = shuffled(blocks, random);
      double[] upTo = new double[blocks];
      double sum = 0;
      for (int i = 0; i < blocks; i++) {
        sum += Math.pow(i + 1, -0.99);
        upTo[i] = sum;
      }
      double all = sum;
      return () -> {
        int found = Arrays.binarySearch(upTo, random.nextDouble() * all);
        return order[Math.min(blocks - 1, found < 0 ? -found - 1 : found)];
      };
    }
  },
  DESKTOPS("desktops") {
    @Override
    IntSupplier of(int blocks, SplittableRandom random) {
      return new Desktops(blocks / Desktops.COUNT, random)::next;
    }
  };

  final String title;

  StreamLoad(String title) {
    this.title = title;
  }

  abstract IntSupplier of(int blocks, SplittableRandom random);

  /** So many percent of the writes go to so many blocks, which lie anywhere. */
  private static IntSupplier hot(int percent, int hot, int blocks, SplittableRandom random) {
    int[] order = shuffled(blocks, random);
    return () ->
        order[
            random.nextInt(100) < percent
                ? random.nextInt(hot)
                : hot + random.nextInt(blocks - hot)];
  }

  private static int[] shuffled(int blocks, SplittableRandom random) {
    int[] order = new int[blocks];
    for (int i = 0; i < blocks; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /**
   * Of each desktop a ring of journals is written round, a hot tenth (profile, caches) and a warm
   * third (documents, temporary files) at random, updates in runs anywhere, and the rest hardly.
   */
  private static final class Desktops {
    static final int COUNT = 64;
    private static final int RUN = 64;

    private final SplittableRandom random;
    private final int each;
    private final int ring;
    private final int hot;
    private final int[] ringNext = new int[COUNT];
    private int runNext;
    private int runLeft;

    Desktops(int each, SplittableRandom random) {
      this.random = random;
      this.each = each;
      ring = each / 50;
      hot = each / 10;
    }

    int next() {
      if (runLeft > 0) {
        runLeft--;
        return runNext++;
      }
      int desktop = random.nextInt(COUNT);
      int base = desktop * each;
      int what = random.nextInt(100);
      if (what < 45) {
        ringNext[desktop] = (ringNext[desktop] + 1) % ring;
        return base + ringNext[desktop];
      }
      if (what < 85) {
        return base + ring + random.nextInt(hot);
      }
      if (what < 97) {
        return base + ring + hot + random.nextInt(each / 3);
      }
      runNext = base + random.nextInt(each - RUN);
      runLeft = RUN - 1;
      return runNext++;
    }
  }
}
