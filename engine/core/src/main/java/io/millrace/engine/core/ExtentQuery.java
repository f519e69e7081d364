package io.millrace.engine.core;

/**
 * Which parts of a range have data; or, with a snapshot to compare with, which parts may read
 * otherwise than in the snapshot.
 *
 * @param id of a volume or a snapshot
 * @param sinceSnapshotId 0: none
 * @param offset a multiple of 512
 * @param lengthBytes a multiple of 512, not 0
 */
public record ExtentQuery(long id, long sinceSnapshotId, long offset, long lengthBytes) {}
