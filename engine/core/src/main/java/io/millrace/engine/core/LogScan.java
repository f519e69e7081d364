package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The commits that recovery finds in the segments where the log may have gone on.
 *
 * <p>A segment may hold commits of several uses; those of its highest sequence count. After a
 * record that can't be read the scan goes on page by page, because later ones tell whether it was
 * lost in the crash or damaged afterwards.
 */
final class LogScan {
  /** A commit with its header bytes. */
  record Commit(CommitHeader.Fields fields, MemorySegment header, boolean dataGood) {
    long sequence() {
      return fields.sequence();
    }
  }

  /** What a segment held. */
  record Found(long sequence, int stream, int usedPages) {}

  private final Checksum checksum;
  private final Geometry geometry;
  private final Map<Long, Commit> user = new HashMap<>();
  private final Map<Integer, Found> segments = new HashMap<>();
  private long durableLsn;
  private long highestSequence;
  private long highestRelocation;
  private long highestEpoch;

  LogScan(Checksum checksum, Geometry geometry) {
    this.checksum = checksum;
    this.geometry = geometry;
  }

  /**
   * Takes the commits of a segment, as read, whose sequence is {@code sequenceMin} or higher.
   *
   * @return a page that can't be read and where the header of a commit may be; -1: none
   */
  int add(PageBuffer buffer, int segment, long sequenceMin, BitSet unreadable) {
    long sequence = highestSequence(buffer, segment);
    if (sequence < sequenceMin) {
      return unreadable.get(0) ? 0 : -1;
    }
    highestSequence = Math.max(highestSequence, sequence);
    int page = 0;
    int used = 0;
    int stream = 0;
    int doubtful = -1;
    while (page < geometry.usablePages()) {
      CommitHeader.Fields fields = decode(buffer, page, segment);
      if (fields == null || fields.segmentSequence() != sequence) {
        doubtful = doubtful < 0 && unreadable.get(page) ? page : doubtful;
        page++;
        continue;
      }
      take(buffer, fields, unreadable);
      page += fields.pages();
      used = page;
      stream = fields.stream();
    }
    segments.put(segment, new Found(sequence, stream, used));
    return doubtful <= endOfHeader(buffer, used, segment) ? doubtful : -1;
  }

  /** Takes a commit that was written just now, instead of what was found in its place. */
  void add(Batch batch) {
    CommitHeader.Fields f = CommitHeader.fields(batch.buffer, batch.headerAt());
    MemorySegment header = MemorySegment.ofArray(new byte[f.recordsAt() + f.recordBytes()]);
    MemorySegment.copy(batch.buffer.memory, batch.headerAt(), header, 0, header.byteSize());
    user.put(f.sequence(), new Commit(f, header, true));
    Found before = segments.get(f.segment());
    int used = f.page() + f.pages();
    if (before != null && before.sequence() == f.segmentSequence()) {
      used = Math.max(used, before.usedPages());
    }
    segments.put(f.segment(), new Found(f.segmentSequence(), f.stream(), used));
    highestSequence = Math.max(highestSequence, f.segmentSequence());
  }

  /** The last page of what may be a header at {@code page}. */
  private int endOfHeader(PageBuffer buffer, int page, int segment) {
    long at = (long) page * Bytes.PAGE;
    boolean may =
        page < geometry.usablePages()
            && CommitHeader.looksLikeOne(buffer.memory, at, segment, page, checksum);
    return may ? page + CommitHeader.headerPages(buffer.memory, at) - 1 : page;
  }

  /** Whether a page looks like the first of a segment with commits of such a sequence. */
  boolean mayBegin(PageBuffer buffer, int page, int segment, long sequenceMin) {
    long at = (long) page * Bytes.PAGE;
    return CommitHeader.looksLikeOne(buffer.memory, at, segment, 0, checksum)
        && CommitHeader.segmentSequence(buffer.memory, at) >= sequenceMin;
  }

  /**
   * The pages of a commit that was seen which a segment, read again, does not hold as they were.
   */
  BitSet missing(PageBuffer buffer, CommitHeader.Fields commit, BitSet unreadable) {
    BitSet missing = new BitSet();
    if (!commit.equals(decode(buffer, commit.page(), commit.segment()))) {
      missing.set(commit.page(), commit.page() + commit.pages());
      return missing;
    }
    for (int i = 0; i < commit.entries(); i++) {
      int page = commit.page() + commit.headerPages() + i;
      missing.set(page, unreadable.get(page) || !blockGood(buffer, commit, i));
    }
    return missing;
  }

  @Nullable Commit commit(long lsn) {
    return user.get(lsn);
  }

  @Nullable Found found(int segment) {
    return segments.get(segment);
  }

  /** The highest LSN that a commit seen says is durable. */
  long durableLsn() {
    return durableLsn;
  }

  long highestSequence() {
    return highestSequence;
  }

  long highestRelocation() {
    return highestRelocation;
  }

  long highestEpoch() {
    return highestEpoch;
  }

  private long highestSequence(PageBuffer buffer, int segment) {
    long highest = -1;
    for (int page = 0; page < geometry.usablePages(); page++) {
      CommitHeader.Fields fields = decode(buffer, page, segment);
      if (fields != null) {
        highest = Math.max(highest, fields.segmentSequence());
      }
    }
    return highest;
  }

  private CommitHeader.@Nullable Fields decode(PageBuffer buffer, int page, int segment) {
    return CommitHeader.decode(buffer, page, segment, geometry.usablePages(), checksum);
  }

  private void take(PageBuffer buffer, CommitHeader.Fields fields, BitSet unreadable) {
    durableLsn = Math.max(durableLsn, fields.durableLsn());
    highestEpoch = Math.max(highestEpoch, fields.epoch());
    if (fields.commitClass() == CommitHeader.CLASS_RELOCATION) {
      highestRelocation = Math.max(highestRelocation, fields.sequence());
      return;
    }
    Commit other = user.get(fields.sequence());
    if (other == null || other.fields.epoch() < fields.epoch()) {
      user.put(fields.sequence(), copy(buffer, fields, unreadable));
    }
  }

  private Commit copy(PageBuffer buffer, CommitHeader.Fields fields, BitSet unreadable) {
    byte[] header = new byte[fields.recordsAt() + fields.recordBytes()];
    MemorySegment to = MemorySegment.ofArray(header);
    MemorySegment.copy(buffer.memory, (long) fields.page() * Bytes.PAGE, to, 0, header.length);
    return new Commit(fields, to, dataGood(buffer, fields, unreadable));
  }

  /** What can't be read is no sign that the commit was cut short. */
  private boolean dataGood(PageBuffer buffer, CommitHeader.Fields fields, BitSet unreadable) {
    for (int i = 0; i < fields.entries(); i++) {
      boolean read = !unreadable.get(fields.page() + fields.headerPages() + i);
      if (read && !blockGood(buffer, fields, i)) {
        return false;
      }
    }
    return true;
  }

  private boolean blockGood(PageBuffer buffer, CommitHeader.Fields fields, int i) {
    int header = fields.page() * Bytes.PAGE;
    int data = header + (fields.headerPages() + i) * Bytes.PAGE;
    long entry = header + CommitHeader.FIXED_BYTES + (long) i * fields.entryBytes();
    int expected = Bytes.u32(buffer.memory, entry + 24);
    return checksum.block(buffer, data, CommitHeader.block(buffer.memory, entry)) == expected;
  }
}
