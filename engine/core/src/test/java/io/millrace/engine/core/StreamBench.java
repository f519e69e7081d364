package io.millrace.engine.core;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * What more streams would gain: blocks written to the disk for each block of the user's, by a model
 * of segments alone. Prints a table for each way to choose victims.
 */
final class StreamBench {
  private static final int[] FULL_PERCENT = {80, 90};

  /** The data are written over so many times before it counts, and then again. */
  private static final long ROUNDS = 4;

  private StreamBench() {}

  public static void main(String[] arguments) {
    Map<String, Supplier<StreamModel.Streams>> kinds = new LinkedHashMap<>();
    kinds.put("two", () -> new Moves(1));
    kinds.put("moved x2", () -> new Moves(2));
    kinds.put("moved x3", () -> new Moves(3));
    kinds.put("users' x2", () -> new Lifetimes(1));
    kinds.put("SepBIT", () -> new Lifetimes(4));
    table("cost and benefit with age", (used, age) -> (1 - used) * age / (1 + used), kinds);
    table("the emptiest first", (used, age) -> 1 - used, kinds);
  }

  private static void table(
      String title, StreamModel.Score score, Map<String, Supplier<StreamModel.Streams>> kinds) {
    System.out.printf("%-26s", title);
    kinds.keySet().forEach(kind -> System.out.printf("%12s", kind));
    System.out.println();
    for (int full : FULL_PERCENT) {
      for (StreamLoad load : StreamLoad.values()) {
        System.out.printf("  %2d %% full, %-12s", full, load.title);
        kinds.values().forEach(k -> System.out.printf("%12.2f", run(k.get(), score, load, full)));
        System.out.println();
      }
    }
  }

  private static double run(
      StreamModel.Streams streams, StreamModel.Score score, StreamLoad load, int full) {
    int all = StreamModel.SEGMENTS * StreamModel.SEGMENT_BLOCKS / 16 * 15;
    int blocks = (int) (all * (long) full / 100);
    StreamModel model = new StreamModel(streams, score, blocks);
    for (int block = 0; block < blocks; block++) {
      model.write(block);
    }
    IntSupplier next = load.of(blocks, new SplittableRandom(7));
    write(model, next, ROUNDS * blocks);
    long before = model.moved;
    write(model, next, ROUNDS * blocks);
    return 1 + (model.moved - before) / (double) (ROUNDS * blocks);
  }

  private static void write(StreamModel model, IntSupplier next, long count) {
    for (long i = 0; i < count; i++) {
      model.write(next.getAsInt());
    }
  }

  /** One stream for users, and some for what was moved once, twice and so on. */
  private record Moves(int most) implements StreamModel.Streams {
    @Override
    public int count() {
      return 1 + most;
    }

    @Override
    public int ofWritten(long lifetime) {
      return 0;
    }

    @Override
    public int ofMoved(int from, long age) {
      return Math.min(from + 1, most);
    }
  }

  /**
   * Users' blocks by how long their last version lived, compared with how long segments of the
   * short-lived do; with four streams of moved blocks those by their age too (Wang et al.,
   * FAST'22).
   */
  private static final class Lifetimes implements StreamModel.Streams {
    private static final int SHORT = 0;
    private static final int LONG = 1;
    private static final int FIRST_MOVED = 2;
    private static final int SAMPLE = 16;

    private final int movedStreams;
    private long shortLife = Long.MAX_VALUE / 64;
    private long sum;
    private int samples;

    Lifetimes(int movedStreams) {
      this.movedStreams = movedStreams;
    }

    @Override
    public int count() {
      return FIRST_MOVED + movedStreams;
    }

    @Override
    public int ofWritten(long lifetime) {
      return lifetime < shortLife ? SHORT : LONG;
    }

    @Override
    public int ofMoved(int from, long age) {
      if (movedStreams == 1 || from == SHORT) {
        return FIRST_MOVED;
      }
      int older = (age >= 4 * shortLife ? 1 : 0) + (age >= 16 * shortLife ? 1 : 0);
      return FIRST_MOVED + 1 + older;
    }

    @Override
    public void emptied(int stream, long age) {
      if (stream == SHORT) {
        sum += age;
        samples++;
      }
      if (samples == SAMPLE) {
        shortLife = sum / SAMPLE;
        sum = 0;
        samples = 0;
      }
    }
  }
}
