package io.millrace.engine.sim;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How much a run puts into its store, and how often it is cut. */
enum Scale {
  /** Much of everything: the store becomes full, is cleaned, its maps have many leaves. */
  WIDE(10, 10, 1),

  /** A few blocks in a few objects, and a loss every few steps: the most crash points a second. */
  TINY(3, 3, 15);

  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;
  private static final int SECTOR = Stamp.SECTOR_BYTES;

  final int volumesMax;
  final int snapshotsMax;

  /** How much more often than the weights say power and process are lost. */
  private final int losses;

  Scale(int volumesMax, int snapshotsMax, int losses) {
    this.volumesMax = volumesMax;
    this.snapshotsMax = snapshotsMax;
    this.losses = losses;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of this name; null when there is no name. */
  static @Nullable Scale named(String word) {
    return word.isEmpty() ? null : valueOf(word.toUpperCase(Locale.ROOT));
  }

  /** How often the kind is drawn, out of the sum of all. */
  int weight(Step.Kind kind) {
    return switch (kind) {
      case LOSE_POWER, LOSE_PROCESS -> kind.weight * losses;
      case FILL -> this == TINY ? 1 : kind.weight;
      default -> kind.weight;
    };
  }

  /** Of a new volume. */
  long volumeBytes(Dice dice) {
    if (this == TINY) {
      return switch (dice.below(3)) {
        case 0 -> SECTOR * dice.between(8, 512);
        case 1 -> 4 * KIB * dice.between(1, 64);
        default -> (1L << dice.between(30, 45)) + SECTOR * dice.below(4096L);
      };
    }
    return switch (dice.below(5)) {
      case 0 -> SECTOR * dice.between(8, 4096);
      case 1, 2 -> 4 * KIB * dice.between(1, 512);
      case 3 -> 4 * KIB * dice.between(512, 2048);
      default -> (1L << dice.between(30, 45)) + SECTOR * dice.below(4096L);
    };
  }

  /** Of one write, read or zeroing. */
  long requestBytes(Dice dice) {
    if (this == TINY) {
      return switch (dice.below(8)) {
        case 0, 1, 2, 3 -> 4 * KIB;
        case 4, 5 -> SECTOR * dice.between(1, 24);
        default -> 4 * KIB * dice.between(2, 8);
      };
    }
    return switch (dice.below(20)) {
      case 0, 1, 2, 3, 4, 5, 6, 7 -> 4 * KIB;
      case 8, 9, 10, 11 -> SECTOR * dice.between(1, 24);
      case 12, 13, 14, 15 -> 4 * KIB * dice.between(2, 16);
      case 16, 17, 18 -> SECTOR * dice.between(64, 512);
      default -> MIB;
    };
  }

  /** Where requests fall: mostly in few windows, at the borders of what the maps are made of. */
  long offset(Dice dice, long volumeBytes) {
    long window =
        switch (dice.below(8)) {
          case 0, 1, 2 -> 0;
          case 3 -> 2 * MIB - 64 * KIB;
          case 4 -> volumeBytes / 2 / MIB * MIB;
          case 5 -> Math.max(0, volumeBytes - 256 * KIB);
          case 6 -> 6 * MIB;
          default -> (1L << 30) - 64 * KIB;
        };
    long unit = dice.percent(70) ? 4 * KIB : SECTOR;
    long width = this == TINY ? 96 * KIB : 512 * KIB;
    return window + dice.below(width / unit) * unit;
  }
}
