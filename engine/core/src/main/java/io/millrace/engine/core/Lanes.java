package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Readers with a buffer of one segment each, as many as recovery keeps at the disk at a time. They
 * are made when they are needed first.
 */
final class Lanes {
  private static final int LANES_MAX = 16;
  private static final int LANES_MIN = 2;
  private static final int BYTES_MAX = 32 << 20;

  private final Steps steps;
  private final Geometry geometry;
  private final Arena arena;
  private final int lanesMax;
  private final ArrayDeque<PageByPage> idle = new ArrayDeque<>();
  private int made;

  Lanes(Steps steps, Geometry geometry, Arena arena) {
    this.steps = steps;
    this.geometry = geometry;
    this.arena = arena;
    lanesMax = Math.clamp(BYTES_MAX / geometry.segmentBytes(), LANES_MIN, LANES_MAX);
  }

  /** One that nobody uses; null when all are in use. */
  @Nullable PageByPage take() {
    if (idle.isEmpty() && made < lanesMax) {
      made++;
      idle.add(steps.pageByPage(geometry, new PageBuffer(arena, geometry.segmentBytes())));
    }
    return idle.poll();
  }

  void giveBack(PageByPage lane) {
    idle.push(lane);
  }
}
