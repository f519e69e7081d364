package io.millrace.engine.core;

/**
 * Room that is kept for all records of one shrink, so that it is not refused when half of it is
 * done. Owner thread only.
 */
final class RoomHold {
  private final Space space;
  private boolean taken;
  private long growth;
  private int segments;

  RoomHold(Space space) {
    this.space = space;
  }

  boolean taken() {
    return taken;
  }

  /** False when there is not so much room now. */
  boolean take(long growthBytes, int logSegments) {
    taken = space.hold(growthBytes, logSegments);
    growth = taken ? growthBytes : 0;
    segments = taken ? logSegments : 0;
    return taken;
  }

  /** A record takes its part; it counts as staged from now on. */
  void use(long growthBytes) {
    long used = Math.min(growth, growthBytes);
    space.release(used, 0);
    growth -= used;
  }

  void release() {
    space.release(growth, segments);
    taken = false;
    growth = 0;
    segments = 0;
  }
}
