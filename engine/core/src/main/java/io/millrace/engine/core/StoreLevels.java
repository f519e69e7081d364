package io.millrace.engine.core;

/**
 * What goes up and down in a store, as of now.
 *
 * @param stagedBytes answered and not in the log yet
 * @param stagedBytesMax so much may be, by what the disk was seen to take
 * @param writesWaiting for room
 * @param readsWaiting for a buffer
 * @param diskCalls under way or on their way
 * @param cleanerDebtBytes that the cleaner has to make free before it rests
 * @param lastLsn of the last commit that was closed
 * @param durableLsn every user commit up to here is on the disk
 * @param nextSegmentSequence of the segment that the log takes next
 */
public record StoreLevels(
    long stagedBytes,
    long stagedBytesMax,
    long writesWaiting,
    long readsWaiting,
    long diskCalls,
    long cleanerDebtBytes,
    long lastLsn,
    long durableLsn,
    long nextSegmentSequence) {
  static final StoreLevels NONE = new StoreLevels(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
