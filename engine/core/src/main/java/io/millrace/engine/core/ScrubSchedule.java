package io.millrace.engine.core;

/**
 * How fast a store is scrubbed, and how often by itself.
 *
 * @param bytesPerSecond that are read at most; 0: never
 * @param everyNanos from the end of a pass to the next; 0: only when asked to
 * @param firstNanos from now to the first pass
 */
public record ScrubSchedule(long bytesPerSecond, long everyNanos, long firstNanos) {}
