package io.millrace.engine.sim;

/**
 * One step of a run. What it touches is derived from the salt and from what is there, so that a run
 * with some steps left out is a run, too.
 */
record Step(Kind kind, long salt) {
  enum Kind {
    WRITE(40),
    REWRITE(12),
    READ(16),
    ZERO(5),
    DISCARD(1),
    FLUSH(7),
    WAIT(6),
    CREATE_VOLUME(3),
    CLONE_SNAPSHOT(4),
    CLONE_VOLUME(2),
    CREATE_SNAPSHOT(5),
    DELETE_VOLUME(4),
    DELETE_SNAPSHOT(4),
    RESIZE(1),
    REPEAT_COMMAND(1),
    FILL(2),
    /** A volume is made and written, and gives all that it holds to another. */
    IMPORT(0),
    CHECKPOINT(5),
    CLEAN(4),
    /** Deletes a snapshot whose layer then has one child. */
    MERGE(4),
    DRAIN(2),
    VERIFY(1),
    IDLE(1),
    LOSE_POWER(3),
    LOSE_PROCESS(1),
    REOPEN(1),
    EMPTY(0),
    /** Polls exactly as often as the salt says. */
    POLL(0),
    FAIL_CALL(0),
    DAMAGE(0);

    /** How often it is drawn, out of the sum. */
    final int weight;

    Kind(int weight) {
      this.weight = weight;
    }
  }

  Dice dice() {
    return new Dice(salt);
  }

  @Override
  public String toString() {
    return kind + ":" + Long.toHexString(salt);
  }
}
