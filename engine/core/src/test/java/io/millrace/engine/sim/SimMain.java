package io.millrace.engine.sim;

import org.jspecify.annotations.Nullable;

/**
 * {@code SimMain [--seconds N] [--seed S] [--steps N] [--faults LIST] [--scale tiny|wide]
 * [--json]}: runs seeds until the time is up, or the one given, and tells what was met. Exits with
 * 1 when a promise was broken, and says how to see it again; with 2 when what was run shows
 * nothing.
 */
public final class SimMain {
  private static final int STEPS = 400;
  private static final int SECONDS_PER_LINE = 60;

  private final long first;
  private final double seconds;
  private final boolean json;
  private final Campaign campaign;

  private SimMain(String[] args) {
    String seed = option(args, "--seed", "");
    boolean one = !seed.isEmpty() && option(args, "--seconds", "").isEmpty();
    int steps = Integer.parseInt(option(args, "--steps", Integer.toString(STEPS)));
    String faults = option(args, "--faults", "");
    seconds = one ? 0 : Double.parseDouble(option(args, "--seconds", "20"));
    first = seed.isEmpty() ? System.nanoTime() & 0xFFFF_FFFFL : Long.parseLong(seed);
    json = java.util.List.of(args).contains("--json");
    campaign =
        new Campaign(
            steps,
            faults.isEmpty() ? Fault.all() : Fault.parse(faults),
            Scale.named(option(args, "--scale", "")));
  }

  public static void main(String[] args) {
    System.exit(new SimMain(args).run());
  }

  private int run() {
    long start = System.nanoTime();
    double told = 0;
    long seed = first;
    do {
      String failure = campaign.run(seed++);
      if (failure != null) {
        System.out.println(failure);
        System.out.printf(
            "%d seeds and %d crash points went well before%n",
            seed - 1 - first, campaign.tally().crashPoints());
        return 1;
      }
      if (since(start) - told >= SECONDS_PER_LINE) {
        told = since(start);
        System.err.printf(
            "%.0f of %.0f s: %d crash points%n", told, seconds, campaign.tally().crashPoints());
      }
    } while (since(start) < seconds);
    tell(since(start));
    String vacuous = campaign.tally().vacuous();
    if (vacuous != null) {
      System.out.println(vacuous);
    }
    return vacuous == null ? 0 : 2;
  }

  private void tell(double lasted) {
    Tally tally = campaign.tally();
    long runs = tally.of(Tally.Event.RUN);
    System.out.println(tally.text(lasted));
    System.out.printf(
        "seeds %d to %d, %d crash points: every promise was kept%n",
        first, first + runs - 1, tally.crashPoints());
    if (json) {
      System.out.println(tally.json("\"firstSeed\":" + first, lasted));
    }
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
