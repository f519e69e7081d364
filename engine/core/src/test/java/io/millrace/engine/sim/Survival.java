package io.millrace.engine.sim;

/** How much of the writes at risk one crash leaves behind. */
enum Survival {
  NOTHING,
  EVERYTHING,
  WHOLE_WRITES,
  PREFIXES,
  BLOCKS,
  SECTORS;

  /** Receives the ranges of a write that survive. */
  interface Kept {
    void range(int from, int to);
  }

  /** Decides for each of the writes at risk. */
  interface Choice {
    void keep(int index, int count, byte[] data, Kept kept);
  }

  /** This way, by these dice. */
  Choice with(Dice dice) {
    return (index, count, data, kept) -> keep(dice, data, kept);
  }

  static Survival choose(Dice dice) {
    return dice.oneOf(values());
  }

  void keep(Dice dice, byte[] data, Kept kept) {
    switch (this) {
      case NOTHING -> {}
      case EVERYTHING -> kept.range(0, data.length);
      case WHOLE_WRITES -> {
        if (dice.percent(50)) {
          kept.range(0, data.length);
        }
      }
      case PREFIXES -> kept.range(0, prefix(dice, data.length));
      case BLOCKS -> keepUnits(dice, data.length, 4096, kept);
      case SECTORS -> keepUnits(dice, data.length, 512, kept);
    }
  }

  private static int prefix(Dice dice, int bytes) {
    return switch (dice.below(4)) {
      case 0 -> 0;
      case 1 -> bytes;
      default -> dice.below(bytes / 512 + 1) * 512;
    };
  }

  /** Half of the writes whole, so that tears are few enough to leave something to recover. */
  private static void keepUnits(Dice dice, int bytes, int unit, Kept kept) {
    int chance = dice.oneOf(100, 100, 97, 70, 20, 0);
    for (int from = 0; from < bytes; from += unit) {
      if (chance == 100 || dice.percent(chance)) {
        kept.range(from, Math.min(bytes, from + unit));
      }
    }
  }
}
