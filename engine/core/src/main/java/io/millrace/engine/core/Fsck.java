package io.millrace.engine.core;

import static io.millrace.engine.core.Finding.Part.LOG;
import static io.millrace.engine.core.Finding.Part.ROOT;
import static io.millrace.engine.core.Finding.Part.SEGMENT;
import static io.millrace.engine.core.Finding.Part.SPACE;
import static io.millrace.engine.core.Finding.Part.SUPERBLOCK;
import static io.millrace.engine.core.Finding.damage;
import static io.millrace.engine.core.Finding.warning;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Looks at everything in a store that nobody serves, and writes nothing: superblocks, roots, the
 * checkpoint, the log since, layers, maps, segments and, if wanted, every live block of data.
 *
 * <p>Independent of recovery where it can be: the chunks are read again, and what the maps say is
 * held against what the commit headers say. It keeps the calling thread until it is done.
 */
public final class Fsck {
  private final BlockingDisk disk;
  private final boolean withData;
  private final Progress progress;
  private final Arena arena = Arena.ofAuto();
  private final Findings findings = new Findings();
  private Counts counts = new Counts(0, 0, 0, 0, 0, 0, 0, 0);

  /** Told how far a check is. */
  public interface Progress {
    /** So many segments of all of them have been looked at. */
    void segments(int done, int all);
  }

  /**
   * What was looked at.
   *
   * @param chunks of the checkpoint
   * @param segmentsInUse segments of the log with live blocks
   * @param commits commits in those segments
   * @param blocks live blocks, each held against map and header
   * @param dataBlocks those of them whose data were read
   */
  public record Counts(
      long volumes,
      long snapshots,
      long layers,
      long chunks,
      long segmentsInUse,
      long commits,
      long blocks,
      long dataBlocks) {}

  /**
   * The result.
   *
   * @param store its uuid, when a superblock could be read
   * @param findings the first thousand
   * @param damages findings of that severity, of which there may be more than are listed
   * @param warnings findings of that severity, likewise
   */
  public record Report(
      Optional<UUID> store, List<Finding> findings, long damages, long warnings, Counts counts) {
    /** Copies. */
    public Report {
      findings = List.copyOf(findings);
    }

    /** Nothing is lost and nothing contradicts itself. */
    public boolean clean() {
      return damages == 0;
    }
  }

  private Fsck(Storage storage, boolean withData, Progress progress) {
    disk = new BlockingDisk(storage);
    this.withData = withData;
    this.progress = progress;
  }

  /** Checks a store; {@code withData}: reads every live block too. */
  public static Report check(Storage storage, boolean withData, Progress progress) {
    return new Fsck(storage, withData, progress).run();
  }

  private Report run() {
    StoreHeads heads = StoreHeads.read(disk, arena);
    Superblock superblock = heads.superblock();
    superblocks(heads);
    if (superblock != null) {
      roots(heads);
      Root root = heads.root();
      long chunks = root == null ? 0 : checkpoint(superblock, root);
      recovered(chunks);
    }
    return new Report(
        Optional.ofNullable(superblock).map(Superblock::uuid),
        findings.kept(),
        findings.damages(),
        findings.warnings(),
        counts);
  }

  // ---- heads

  private void superblocks(StoreHeads heads) {
    for (int i = 0; i < 2; i++) {
      int page = StoreHeads.SUPERBLOCK_PAGES[i];
      switch (heads.superblocks().get(i)) {
        case Superblock.Found.Good good -> sameStore(good.superblock(), heads.superblock(), page);
        case Superblock.Found.Refused refused ->
            findings.add(damage(SUPERBLOCK, refused.reason()).at(0, page));
        case Superblock.Found.Absent _ ->
            findings.add(
                heads.superblock() == null
                    ? damage(SUPERBLOCK, "this copy can't be read").at(0, page)
                    : warning(SUPERBLOCK, "this copy can't be read, the other can").at(0, page));
      }
    }
    Superblock newest = heads.superblock();
    findings.rule(
        newest == null || newest.storeBytes() <= disk.sizeBytes(),
        damage(
            SUPERBLOCK,
            "the store was formatted for %d bytes, the disk has %d"
                .formatted(newest == null ? 0 : newest.storeBytes(), disk.sizeBytes())));
  }

  private void sameStore(Superblock copy, @Nullable Superblock newest, int page) {
    boolean same =
        newest == null
            || (copy.uuid().equals(newest.uuid())
                && copy.secret() == newest.secret()
                && copy.storeBytes() == newest.storeBytes()
                && copy.segmentBytes() == newest.segmentBytes());
    findings.rule(same, damage(SUPERBLOCK, "the copies are of different stores").at(0, page));
  }

  private void roots(StoreHeads heads) {
    for (int i = 0; i < 2; i++) {
      int page = StoreHeads.ROOT_PAGES[i];
      if (heads.roots().get(i) == null) {
        findings.add(
            heads.root() == null
                ? damage(ROOT, "this copy can't be read").at(0, page)
                : warning(ROOT, "this copy can't be read, the other can").at(0, page));
      }
    }
  }

  private long checkpoint(Superblock superblock, Root root) {
    return new CheckpointCheck(disk, superblock, root, findings, arena).run();
  }

  // ---- what recovery makes of it

  private void recovered(long chunks) {
    switch (StoreReader.recover(disk, arena, Recovery.Manner.LOOK)) {
      case StoreReader.Outcome.Refused refused ->
          findings.add(damage(LOG, "the store can't be opened: " + refused.reason()));
      case StoreReader.Outcome.Found found -> state(found.loaded(), chunks);
    }
  }

  private void state(Recovery.Loaded loaded, long chunks) {
    try {
      loaded.namespace().bringAll();
    } catch (MapPages.Damaged damaged) {
      findings.add(damage(Finding.Part.MAP, damaged.reason()));
      return;
    }
    new TreeCheck(loaded.namespace(), findings).run();
    space(loaded);
    SegmentCheck check = new SegmentCheck(disk, loaded, withData, findings, arena);
    SegmentTable table = loaded.table();
    long inUse = 0;
    for (int segment = SegmentTable.FIRST; segment < table.segments(); segment++) {
      check.state(segment);
      check.run(segment);
      inUse += table.live[segment] > 0 ? 1 : 0;
      progress.segments(segment, table.segments() - SegmentTable.FIRST);
    }
    counts =
        new Counts(
            loaded.namespace().volumes.size(),
            loaded.namespace().snapshots.size(),
            loaded.namespace().layers.size(),
            chunks,
            inUse,
            check.commits(),
            check.blocks(),
            withData ? check.blocks() : 0);
  }

  private void space(Recovery.Loaded loaded) {
    SegmentTable table = loaded.table();
    long mapped = 0;
    for (Layer layer : loaded.namespace().layers.inOrder()) {
      mapped += layer.map.blocks();
    }
    findings.rule(
        mapped == table.liveBlocks(),
        damage(SPACE, "%d blocks are mapped, %d are live".formatted(mapped, table.liveBlocks())));
    Map<Long, Integer> sequences = new HashMap<>();
    for (int segment = SegmentTable.FIRST; segment < table.segments(); segment++) {
      if (table.live[segment] > 0) {
        Integer other = sequences.put(table.sequence[segment], segment);
        findings.rule(
            other == null,
            damage(SEGMENT, "it has the sequence of segment " + other).at(segment, Finding.NONE));
        findings.rule(
            table.sequence[segment] < table.nextSequence(),
            damage(SEGMENT, "its sequence is one of the future").at(segment, Finding.NONE));
      }
    }
  }
}
