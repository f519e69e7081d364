package io.millrace.engine.core;

import java.util.UUID;

/**
 * How far a served store has come.
 *
 * @param durableLsn every user commit up to this one is on the disk
 * @param nextSegmentSequence of the segment that the log takes next
 */
public record LogPosition(UUID store, long durableLsn, long nextSegmentSequence) {}
