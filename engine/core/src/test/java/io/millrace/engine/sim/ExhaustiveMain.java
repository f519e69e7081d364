package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code ExhaustiveMain [--seconds N] [--seed S] [--json]}: all short sequences of operations, or,
 * with a limit of time, as many as fit, in an order that the seed decides. Exits with 1 when a
 * promise was broken.
 */
public final class ExhaustiveMain {
  private static final int OPERATIONS_MAX = 3;

  private ExhaustiveMain() {}

  public static void main(String[] args) {
    List<String> options = List.of(args);
    double seconds = Double.parseDouble(option(options, "--seconds", "1e9"));
    long seed = Long.parseLong(option(options, "--seed", "1"));
    System.exit(run(seconds, seed, options.contains("--json")));
  }

  private static int run(double seconds, long seed, boolean json) {
    Exhaustive exhaustive = new Exhaustive(OPERATIONS_MAX);
    List<List<Step.Kind>> all = shuffled(exhaustive.sequences(), seed);
    long start = System.nanoTime();
    int done = 0;
    while (done < all.size() && since(start) < seconds) {
      String broken = exhaustive.run(all.get(done++));
      if (broken != null) {
        System.out.println("a promise is broken: " + broken);
        return 1;
      }
    }
    Tally tally = exhaustive.tally();
    System.out.println(tally.text(since(start)));
    System.out.printf(
        "%d of %d sequences, %d crash points: every promise was kept%n",
        done, all.size(), tally.crashPoints());
    if (json) {
      String more =
          "\"seed\":%d,\"sequences\":%d,\"ofSequences\":%d".formatted(seed, done, all.size());
      System.out.println(tally.json(more, since(start)));
    }
    return 0;
  }

  private static <T> List<T> shuffled(List<T> list, long seed) {
    Dice dice = new Dice(seed);
    List<T> shuffled = new ArrayList<>();
    for (T one : list) {
      shuffled.add(dice.below(shuffled.size() + 1), one);
    }
    return shuffled;
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static String option(List<String> options, String name, String otherwise) {
    int at = options.indexOf(name);
    return at < 0 || at + 1 == options.size() ? otherwise : options.get(at + 1);
  }
}
