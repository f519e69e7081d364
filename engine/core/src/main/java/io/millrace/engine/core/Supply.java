package io.millrace.engine.core;

/**
 * How well a store is off for segments, and what follows from that: when to clean, when a
 * checkpoint is to bring more, and how the disk is shared meanwhile. All in segments.
 *
 * <p>A checkpoint costs, so it is to bring some of what it takes at a time, a <em>lot</em>; but
 * what is dead and waits for it is missing elsewhere, so the lots of a full store are small.
 *
 * @param all of the store
 * @param atHand can be taken now
 * @param soon the same after the next checkpoint
 * @param toLeave of them, that writers leave to others
 * @param packable could be made free by cleaning
 * @param checkpoint that one takes at most
 */
record Supply(int all, int atHand, int soon, int toLeave, int packable, int checkpoint) {
  static final Supply NONE = new Supply(0, 0, 0, 0, 0, 0);

  /** Between what writers leave, and where they would have to wait. */
  private static final int MARGIN = 4;

  private static final int LOTS_OF_CHECKPOINT = 2;
  private static final int LOTS_BEFORE_HURRY = 2;
  private static final int LOTS_OF_DEAD = 20;

  boolean is(int nowAtHand, int nowSoon, int nowToLeave, int nowPackable, int nowCheckpoint) {
    return atHand == nowAtHand
        && soon == nowSoon
        && toLeave == nowToLeave
        && packable == nowPackable
        && checkpoint == nowCheckpoint
        && all > 0;
  }

  /** Below, the cleaner works: as late as can be, because blocks die by themselves meanwhile. */
  int cleaningMark() {
    return hurryMark() + Math.max(2, Math.min(all / 32, dead() / 8));
  }

  /** What the cleaner lacks to where it rests; 0 when it rests, or there is nothing to clean. */
  int debt() {
    return wantsCleaning() ? cleaningMark() - soon : 0;
  }

  /** Below, the cleaner has no limit. */
  int hurryMark() {
    return toLeave + MARGIN + LOTS_BEFORE_HURRY * lot();
  }

  /** What is at hand when writers begin to be slowed down, so that it lasts for a checkpoint. */
  int brakeMark() {
    return toLeave + MARGIN + lot();
  }

  /** With that at hand a checkpoint is to bring more; earlier when it brings a lot. */
  int checkpointMark() {
    return Math.max(brakeMark(), toLeave + MARGIN + gain() / 8);
  }

  /** What the next checkpoint brings. */
  private int gain() {
    return soon - atHand;
  }

  /** Segments' worth of room that holds nothing live. */
  private int dead() {
    return soon + packable - toLeave;
  }

  private int lot() {
    return Math.clamp(dead() / LOTS_OF_DEAD, 1, Math.max(1, checkpoint));
  }

  /** Only when that could empty segments: else the last few dead blocks would go round for ever. */
  boolean wantsCleaning() {
    return soon < cleaningMark() && packable >= Math.max(2, all / 32);
  }

  boolean wantsCheckpoint() {
    return atHand <= checkpointMark() && gain() > Math.max(checkpoint, LOTS_OF_CHECKPOINT * lot());
  }

  /** How the disk is to be shared. */
  Pace pace(boolean cleaning) {
    return new Pace(
        cleaning ? Pace.between(soon, hurryMark(), cleaningMark()) : 1,
        Pace.between(atHand, toLeave, brakeMark()));
  }
}
