package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.List;

/** Chooses which fault comes, and to what, of those that a run may meet. */
final class Trouble {
  private static final int TRIES_MAX = 100;

  private final Setup setup;
  private final Medium medium;
  private final SimStorage storage;
  private final Faults faults;

  Trouble(Setup setup, Medium medium, SimStorage storage, Faults faults) {
    this.setup = setup;
    this.medium = medium;
    this.storage = storage;
    this.faults = faults;
  }

  /** One call of those to come fails, or comes late. */
  void failCall(Dice dice) {
    List<Fault.Kind> kinds = kinds(false);
    if (!kinds.isEmpty()) {
      faults.arm(new Fault(kinds.get(dice.below(kinds.size())), dice.below(30)));
    }
  }

  /** Either of the two. */
  void anything(Dice dice) {
    if (dice.percent(50)) {
      failCall(dice);
    } else {
      damage(dice);
    }
  }

  /** The disk damages something, at rest or in one of the calls to come. */
  void damage(Dice dice) {
    List<Fault.Kind> kinds = kinds(true);
    if (kinds.isEmpty()) {
      return;
    }
    Fault.Kind kind = kinds.get(dice.below(kinds.size()));
    faults.arm(new Fault(kind, dice.below(10)));
    if (kind.atRest()) {
      damageAtRest(kind, dice);
    }
  }

  private List<Fault.Kind> kinds(boolean corrupting) {
    List<Fault.Kind> kinds = new ArrayList<>();
    for (Fault.Kind kind : setup.faults()) {
      if (kind.corrupts() == corrupting) {
        kinds.add(kind);
      }
    }
    return kinds;
  }

  /** Where there is something: most of a small store is empty. */
  private void damageAtRest(Fault.Kind kind, Dice dice) {
    int hits = 0;
    for (int tries = 0; tries < TRIES_MAX && hits < 3; tries++) {
      int block = dice.below(setup.diskBytes() / Medium.BLOCK_BYTES);
      if (!medium.isZero(block * Medium.BLOCK_BYTES, Medium.BLOCK_BYTES)) {
        storage.damageAtRest(kind, block, dice);
        hits++;
      }
    }
  }
}
