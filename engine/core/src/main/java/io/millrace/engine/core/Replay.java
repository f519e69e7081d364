package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rolls the log forward from a checkpoint, in LSN order, to the last commit that is whole.
 *
 * <p>The end of the log is the first LSN that is missing, torn, or does not follow the one before
 * it: by its epoch (a leftover of an earlier crash) or by the checksum that it carries of that
 * one's header. When a later commit says that this LSN was durable, it is not the end but damage.
 * Of what an opening found, its superblock names the last LSN with its checksum; what came later is
 * of its epoch. So no leftover passes for the commit that took its place. Relocations are not
 * replayed: they change no content, and the place they moved a block from is not written again
 * before a checkpoint holds the new place.
 */
final class Replay {
  private final LogScan scan;
  private final Namespace namespace;
  private final Blocks blocks;
  private final Map<Integer, Long> newestLsn = new HashMap<>();
  private final Map<Integer, Integer> usedPages = new HashMap<>();
  private final ArrayDeque<CommitHeader.Fields> unproven = new ArrayDeque<>();
  private long lastLsn;
  private long bytes;
  private final Superblock opening;
  private long epoch;
  private int lastCrc;
  private LogScan.@Nullable Commit last;
  private LogScan.@Nullable Commit applying;

  Replay(LogScan scan, Namespace namespace, Blocks blocks, Root root, Superblock opening) {
    this.scan = scan;
    this.namespace = namespace;
    this.blocks = blocks;
    lastLsn = root.cutLsn();
    lastCrc = root.cutCrc();
    epoch = root.epoch();
    this.opening = opening;
  }

  /** Applies what can be; the damage when the log ends too early. */
  Optional<String> run(long durableLsn) {
    while (true) {
      LogScan.Commit next = scan.commit(lastLsn + 1);
      if (next == null
          || !follows(next.fields())
          || (!next.dataGood() && next.sequence() > durableLsn)) {
        return lastLsn < durableLsn ? Optional.of(damage(durableLsn)) : Optional.empty();
      }
      applying = next;
      apply(next);
      if (next.sequence() > durableLsn) {
        unproven.add(next.fields());
      }
      last = next;
      lastLsn = next.sequence();
      lastCrc = next.fields().crc();
      epoch = next.fields().epoch();
      if (lastLsn == opening.recoveredLsn() && lastCrc != opening.recoveredCrc()) {
        return Optional.of(
            "the log is damaged: commit %d in segment %d page %d is not the one that was found there"
                .formatted(lastLsn, next.fields().segment(), next.fields().page()));
      }
    }
  }

  private boolean follows(CommitHeader.Fields next) {
    boolean sinceOpening = next.sequence() > opening.recoveredLsn();
    return next.epoch() >= epoch
        && (!sinceOpening || next.epoch() >= opening.epoch())
        && next.previousCrc() == lastCrc;
  }

  /** Applied commits of which nothing says that they are durable. */
  ArrayDeque<CommitHeader.Fields> unproven() {
    return unproven;
  }

  /** Length of the log that was applied. */
  long bytes() {
    return bytes;
  }

  /** The checksum of the header of the last LSN. */
  int lastCrc() {
    return lastCrc;
  }

  long lastLsn() {
    return lastLsn;
  }

  /** The newest applied LSN in a segment; 0 when none of its commits was applied. */
  long newestLsn(int segment) {
    return newestLsn.getOrDefault(segment, 0L);
  }

  /** Where the applied commits of a segment end. */
  int usedPages(int segment) {
    return usedPages.getOrDefault(segment, 0);
  }

  /** What is being applied. */
  String where() {
    LogScan.Commit commit = applying;
    return commit == null
        ? "the log"
        : "commit %d in segment %d page %d"
            .formatted(commit.sequence(), commit.fields().segment(), commit.fields().page());
  }

  private String damage(long durableLsn) {
    LogScan.Commit before = last;
    String where =
        before == null
            ? "after the checkpoint at LSN " + lastLsn
            : "after LSN %d in segment %d page %d"
                .formatted(lastLsn, before.fields().segment(), before.fields().page());
    return "the log is damaged: commit %d (%s) can't be read although LSN %d was durable"
        .formatted(lastLsn + 1, where, durableLsn);
  }

  private void apply(LogScan.Commit commit) {
    CommitHeader.Fields f = commit.fields();
    for (int i = 0; i < f.entries(); i++) {
      applyEntry(commit, i);
    }
    int at = f.recordsAt();
    int end = at + f.recordBytes();
    for (int i = 0; i < f.records(); i++) {
      Bounds.require(Records.fits(commit.header(), at, end), "record at", at);
      applyRecord(commit.header(), at);
      at = Records.next(commit.header(), at);
    }
    bytes += (long) f.pages() * Bytes.PAGE;
    newestLsn.merge(f.segment(), f.sequence(), Math::max);
    usedPages.merge(f.segment(), f.page() + f.pages(), Math::max);
  }

  private void applyEntry(LogScan.Commit commit, int i) {
    CommitHeader.Fields f = commit.fields();
    MemorySegment m = commit.header();
    long entry = CommitHeader.FIXED_BYTES + (long) i * f.entryBytes();
    Layer layer = namespace.requireLayer(Bytes.u64(m, entry));
    long block = CommitHeader.block(m, entry);
    Bounds.blocks(block, 1);
    long location = Location.of(f.segment(), f.page() + f.headerPages() + i);
    blocks.place(layer, block, location, Bytes.u32(m, entry + 24));
  }

  private void applyRecord(MemorySegment m, int at) {
    if (Records.type(m, at) == Records.TYPE_ZEROED) {
      Layer layer = namespace.requireLayer(Records.number(m, at, 0));
      long first = Records.number(m, at, 1);
      long count = Records.number(m, at, 2);
      Bounds.blocks(first, count);
      blocks.zero(layer, first, count);
    } else {
      Records record = Records.decode(m, at);
      Bounds.record(record);
      namespace.change(record);
      namespace.settle(record);
    }
  }
}
