package io.millrace.engine.core;

import java.util.List;

/**
 * What scrubbing has come to since the store was opened.
 *
 * @param running a pass is under way
 * @param segmentsDone of the segments of the store, by the pass under way or the last one
 * @param segmentsTotal segments of the store
 * @param blocksChecked by that pass
 * @param bytesRead by all passes
 * @param passes that were completed
 * @param startedUnixMillis of the pass under way or the last one; 0: there was none
 * @param endedUnixMillis of the last pass that was completed; 0: there was none
 * @param damagedBlocks found and neither overwritten nor deleted since; there may be more than are
 *     listed
 * @param damaged the first thousand of them
 */
public record ScrubReport(
    boolean running,
    int segmentsDone,
    int segmentsTotal,
    long blocksChecked,
    long bytesRead,
    long passes,
    long startedUnixMillis,
    long endedUnixMillis,
    long damagedBlocks,
    List<Damaged> damaged) {
  static final ScrubReport NONE = new ScrubReport(false, 0, 0, 0, 0, 0, 0, 0, 0, List.of());

  /** Copies. */
  public ScrubReport {
    damaged = List.copyOf(damaged);
  }

  /**
   * A page with a live block that is lost, or where a chunk of the maps begins that is. It is never
   * mended here: a write of the block, or the deletion of what holds it, is what takes it off the
   * list.
   *
   * @param segment where it is
   * @param page within the segment
   * @param layerId of the layer that has the block; 0 when no header tells
   * @param block number of the block of 4 KiB within that layer's volumes; -1 when no header tells
   * @param reason in words
   */
  public record Damaged(int segment, int page, long layerId, long block, String reason) {}
}
