package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts the chunks of a checkpoint one behind the other into segments from the end of the reserve,
 * and writes as many at a time as fit a buffer.
 */
final class ChunkWriter {
  private final Disk disk;
  private final SegmentTable table;
  private final Space space;
  private final Checksum checksum;

  /** Of the chunk that is being made: items go behind the header. */
  final PageBuffer buffer;

  private final PageBuffer out;
  private final int outPagesMax;
  private int outPages;
  private int outFrom;
  private int[] taken = new int[0];
  private int takenPage;
  private int writes;
  private boolean outOfSegments;

  ChunkWriter(Serving s, CheckpointSize size) {
    disk = s.disk;
    table = s.table;
    space = s.space;
    checksum = s.checksum;
    outPagesMax = size.chunkPages();
    buffer = new PageBuffer(s.arena, (long) outPagesMax * Bytes.PAGE);
    out = new PageBuffer(s.arena, (long) outPagesMax * Bytes.PAGE);
  }

  void begin() {
    taken = new int[0];
    outPages = 0;
    outOfSegments = false;
  }

  /** Writes are under way: nothing may be added. */
  boolean busy() {
    return writes > 0;
  }

  /** The last chunk found no segment that could be taken. */
  boolean outOfSegments() {
    return outOfSegments;
  }

  /** Adds the chunk in the buffer; null: not now, and it stays in the buffer. */
  @Nullable ChunkReference add(Chunk.Title title) {
    int pages = Bytes.pages(Chunk.HEADER_BYTES + (long) title.bytes());
    boolean segmentFull = taken.length == 0 || takenPage + pages > table.geometry.usablePages();
    if (outPages > 0 && (segmentFull || outPages + pages > outPagesMax)) {
      flush();
      return null;
    }
    if (segmentFull && !takeSegment()) {
      return null;
    }
    ChunkReference reference =
        Chunk.seal(buffer, checksum, title, taken[taken.length - 1], takenPage);
    long bytes = (long) pages * Bytes.PAGE;
    MemorySegment.copy(buffer.memory, 0, out.memory, (long) outPages * Bytes.PAGE, bytes);
    outPages += pages;
    takenPage += pages;
    return reference;
  }

  private boolean takeSegment() {
    int segment = table.takeForCheckpoint();
    outOfSegments = segment < 0;
    if (outOfSegments) {
      return false;
    }
    taken = Arrays.copyOf(taken, taken.length + 1);
    taken[taken.length - 1] = segment;
    takenPage = 0;
    outFrom = 0;
    space.checkpointTook(taken.length);
    return true;
  }

  /** Writes what was added. */
  void flush() {
    if (outPages == 0) {
      return;
    }
    writes++;
    long offset = table.geometry.offset(taken[taken.length - 1], outFrom);
    disk.write(offset, out.pages(0, outPages), _ -> writes--);
    outFrom = takenPage;
    outPages = 0;
  }

  /** Nothing of it will be needed. */
  void giveBack() {
    for (int segment : taken) {
      table.giveBack(segment);
    }
    begin();
    space.checkpointTook(0);
  }
}
