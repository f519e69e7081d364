package io.millrace.engine.daemon.meter;

import org.HdrHistogram.Histogram;

/**
 * What a meter had counted at one moment.
 *
 * @param kind a {@link RequestKind} or {@link DiskCall}, in small letters
 * @param count that have ended
 * @param errors of them
 * @param bytes of those that ended well
 * @param inFlight begun and not ended
 * @param nanos that all of them together took
 * @param micros how long each took; a copy that belongs to the reader
 */
public record Reading(
    String kind,
    long count,
    long errors,
    long bytes,
    long inFlight,
    long nanos,
    Histogram micros) {}
