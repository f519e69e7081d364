package io.millrace.engine.sim;

import org.jspecify.annotations.Nullable;

/**
 * {@code SimMain [--seconds N] [--seed S] [--steps N]}: runs seeds until the time is up, or the one
 * given. Exits with 1 when a promise was broken, and says how to see it again.
 */
public final class SimMain {
  private static final int STEPS = 400;

  private SimMain() {}

  public static void main(String[] args) {
    double seconds = Double.parseDouble(option(args, "--seconds", "20"));
    int steps = Integer.parseInt(option(args, "--steps", Integer.toString(STEPS)));
    String seed = option(args, "--seed", "");
    boolean one = !seed.isEmpty() && option(args, "--seconds", "").isEmpty();
    long first = seed.isEmpty() ? System.nanoTime() & 0xFFFF_FFFFL : Long.parseLong(seed);
    System.exit(run(new Campaign(steps), first, one ? 0 : seconds));
  }

  private static int run(Campaign campaign, long first, double seconds) {
    long start = System.nanoTime();
    long seed = first;
    do {
      String failure = campaign.run(seed++);
      if (failure != null) {
        System.out.println(failure);
        return 1;
      }
    } while (since(start) < seconds);
    System.out.println("from seed %d: %s".formatted(first, campaign.summary(since(start))));
    return 0;
  }

  private static double since(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static String option(String[] args, String name, @Nullable String otherwise) {
    for (int i = 0; i + 1 < args.length; i++) {
      if (args[i].equals(name)) {
        return args[i + 1];
      }
    }
    return otherwise == null ? "" : otherwise;
  }
}
