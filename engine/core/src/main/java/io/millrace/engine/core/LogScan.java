package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The commits that recovery finds in the segments where the log may have gone on.
 *
 * <p>A segment may hold commits of several uses; those of its highest sequence count. After a
 * record that can't be read the scan goes on page by page, because later ones tell whether it was
 * lost in the crash or damaged afterwards.
 *
 * <p>Of the data of commits nothing is said at first: those that are known to be durable need no
 * look, for each block is checked when it is read; of the others see {@link #prove}.
 */
final class LogScan {
  /** A commit with its header bytes; {@code dataGood}: its data were read, and are whole. */
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

  /** Those of which headers alone were read, and that may be leftovers. */
  private final Map<Integer, List<CommitHeader.Fields>> chained = new HashMap<>();

  private long durableLsn;
  private long highestSequence;
  private long highestRelocation;
  private long highestEpoch;

  LogScan(Checksum checksum, Geometry geometry) {
    this.checksum = checksum;
    this.geometry = geometry;
  }

  Geometry geometry() {
    return geometry;
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
      take(buffer, fields);
      page += fields.pages();
      used = page;
      stream = fields.stream();
    }
    segments.put(segment, new Found(sequence, stream, used));
    chained.remove(segment);
    return doubtful <= endOfHeader(buffer, used, segment) ? doubtful : -1;
  }

  /**
   * Takes the commits of a segment whose headers lead from one to the next through all of it.
   *
   * @param certain no other can have been written over them
   */
  void add(PageBuffer buffer, int segment, List<CommitHeader.Fields> commits, boolean certain) {
    CommitHeader.Fields last = commits.getLast();
    highestSequence = Math.max(highestSequence, last.segmentSequence());
    commits.forEach(commit -> take(buffer, commit));
    segments.put(segment, new Found(last.segmentSequence(), last.stream(), endOf(last)));
    if (!certain) {
      chained.put(segment, commits);
    }
  }

  private static int endOf(CommitHeader.Fields commit) {
    return commit.page() + commit.pages();
  }

  /**
   * The segments of which headers alone were read although they may be leftovers of a crash, that
   * the log of a later opening may have been written over. Those of the last opening are not, for
   * it took each once; nor those whose commits all follow from the checkpoint on.
   */
  ArrayDeque<Integer> doubtful(Root root, long epoch) {
    long linked = root.cutLsn();
    int crc = root.cutCrc();
    Commit next = user.get(linked + 1);
    while (next != null && next.fields.previousCrc() == crc) {
      linked++;
      crc = next.fields.crc();
      next = user.get(linked + 1);
    }
    ArrayDeque<Integer> doubtful = new ArrayDeque<>();
    for (Map.Entry<Integer, List<CommitHeader.Fields>> entry : chained.entrySet()) {
      long last = linked;
      boolean certain =
          entry.getValue().stream()
              .allMatch(c -> c.epoch() >= epoch || isInLog(c, root.cutLsn(), last));
      if (!certain) {
        doubtful.add(entry.getKey());
      }
    }
    return doubtful;
  }

  private boolean isInLog(CommitHeader.Fields commit, long after, long last) {
    Commit taken = user.get(commit.sequence());
    return commit.commitClass() == CommitHeader.CLASS_USER
        && commit.sequence() > after
        && commit.sequence() <= last
        && taken != null
        && taken.fields.equals(commit);
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
    long headerAt = (long) commit.page() * Bytes.PAGE;
    for (int i = 0; i < commit.entries(); i++) {
      int page = commit.page() + commit.headerPages() + i;
      boolean good = blockGood(buffer, buffer.memory, headerAt, commit, i);
      missing.set(page, unreadable.get(page) || !good);
    }
    return missing;
  }

  /** The commits that were found one after the other behind this one. */
  List<CommitHeader.Fields> behind(long lsn) {
    List<CommitHeader.Fields> found = new ArrayList<>();
    for (Commit next = user.get(lsn + 1); next != null; next = user.get(next.sequence() + 1)) {
      found.add(next.fields);
    }
    return found;
  }

  /**
   * Looks at the data of a commit that was read again. What can't be read is no sign that it was
   * cut short.
   */
  void prove(CommitHeader.Fields commit, PageByPage read) {
    Commit seen = user.get(commit.sequence());
    if (seen == null) {
      return;
    }
    boolean good = true;
    for (int i = 0; i < commit.entries() && good; i++) {
      good =
          read.unreadable().get(commit.page() + commit.headerPages() + i)
              || blockGood(read.buffer, seen.header, 0, commit, i);
    }
    user.put(commit.sequence(), new Commit(commit, seen.header, good));
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

  /** Pages of the header that begins there, if one does; 0: none. */
  int headerPages(PageBuffer buffer, int page, int segment) {
    long at = (long) page * Bytes.PAGE;
    return CommitHeader.looksLikeOne(buffer.memory, at, segment, page, checksum)
        ? CommitHeader.headerPages(buffer.memory, at)
        : 0;
  }

  /** The commit at a page of a segment in its place in the buffer, if its header is good. */
  CommitHeader.@Nullable Fields decode(PageBuffer buffer, int page, int segment) {
    return CommitHeader.decode(buffer, page, segment, geometry.usablePages(), checksum);
  }

  private void take(PageBuffer buffer, CommitHeader.Fields fields) {
    durableLsn = Math.max(durableLsn, fields.durableLsn());
    highestEpoch = Math.max(highestEpoch, fields.epoch());
    if (fields.commitClass() == CommitHeader.CLASS_RELOCATION) {
      highestRelocation = Math.max(highestRelocation, fields.sequence());
      return;
    }
    Commit other = user.get(fields.sequence());
    if (other == null || other.fields.epoch() < fields.epoch()) {
      user.put(fields.sequence(), copy(buffer, fields));
    }
  }

  private static Commit copy(PageBuffer buffer, CommitHeader.Fields fields) {
    byte[] header = new byte[fields.recordsAt() + fields.recordBytes()];
    MemorySegment to = MemorySegment.ofArray(header);
    MemorySegment.copy(buffer.memory, (long) fields.page() * Bytes.PAGE, to, 0, header.length);
    return new Commit(fields, to, false);
  }

  /** Whether a block in its place in a segment is the one that the header means. */
  private boolean blockGood(
      PageBuffer buffer, MemorySegment header, long headerAt, CommitHeader.Fields fields, int i) {
    int data = (fields.page() + fields.headerPages() + i) * Bytes.PAGE;
    long entry = headerAt + CommitHeader.FIXED_BYTES + (long) i * fields.entryBytes();
    int expected = Bytes.u32(header, entry + 24);
    return checksum.block(buffer, data, CommitHeader.block(header, entry)) == expected;
  }
}
