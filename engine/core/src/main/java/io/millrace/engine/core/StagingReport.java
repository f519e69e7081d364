package io.millrace.engine.core;

/**
 * What an opening found of its predecessor's staging.
 *
 * @param outlivesProcess whether writes are staged in memory that a kill does not take away
 * @param commits taken into the log from there
 * @param lost why something that was staged could not be taken; empty: nothing was lost
 */
public record StagingReport(boolean outlivesProcess, int commits, String lost) {
  static final StagingReport NONE = new StagingReport(false, 0, "");
}
