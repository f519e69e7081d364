package io.millrace.engine.core;

import java.util.List;

/**
 * Which map chunks of the last checkpoint the next one may refer to again: those of segments that
 * are still well used, so that what a checkpoint owns is bounded.
 */
final class KeptChunks {
  /** How hard the store is up for segments. */
  enum Need {
    /** Segments that are half in use may stay. */
    EASY,
    /** Only those that are nearly full of chunks. */
    TIGHT,
    /** All is written anew, in as few segments as can be. */
    STARVED
  }

  private final int[] livePages;
  private final int pagesMin;

  KeptChunks(List<MapChunk> chunks, Geometry geometry, Need need) {
    livePages = new int[geometry.segments()];
    for (MapChunk chunk : chunks) {
      livePages[chunk.reference().segment()] += chunk.reference().pages();
    }
    int usable = geometry.usablePages();
    pagesMin =
        switch (need) {
          case EASY -> usable / 2;
          case TIGHT -> usable * 7 / 8;
          case STARVED -> Integer.MAX_VALUE;
        };
  }

  boolean mayKeep(MapChunk chunk) {
    return livePages[chunk.reference().segment()] >= pagesMin;
  }
}
