package io.millrace.engine.core;

import static io.millrace.engine.core.Finding.Part.COMMIT;
import static io.millrace.engine.core.Finding.Part.DATA;
import static io.millrace.engine.core.Finding.Part.MAP;
import static io.millrace.engine.core.Finding.Part.SEGMENT;
import static io.millrace.engine.core.Finding.Part.SUMMARY;
import static io.millrace.engine.core.Finding.damage;
import static io.millrace.engine.core.Finding.warning;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/**
 * The segments of the log: each live slot is named by the header of a commit, for the very block
 * that a map names it for, and holds the data that both expect; the summary says the same.
 */
final class SegmentCheck {
  private final Recovery.Loaded loaded;
  private final SegmentTable table;
  private final Namespace namespace;
  private final Findings findings;
  private final SegmentImage image;
  private final MapSearch search;
  private final boolean withData;
  private Map<Integer, List<MapSearch.Owner>> owners = Map.of();
  private int segment;
  private long commits;
  private long blocks;

  SegmentCheck(
      BlockingDisk disk, Recovery.Loaded loaded, boolean withData, Findings findings, Arena arena) {
    this.loaded = loaded;
    this.withData = withData;
    this.findings = findings;
    table = loaded.table();
    namespace = loaded.namespace();
    image = new SegmentImage(disk, loaded.superblock(), arena);
    search = new MapSearch(namespace);
  }

  /** Commits whose headers were read. */
  long commits() {
    return commits;
  }

  /** Live blocks that were looked at. */
  long blocks() {
    return blocks;
  }

  void run(int which) {
    segment = which;
    owners = Map.of();
    if (table.live[segment] == 0) {
      return;
    }
    image.read(segment, withData);
    image.decode(table.sequence[segment]);
    commits += image.commits().size();
    image.commits().forEach(this::commit);
    int live = 0;
    for (int slot = 0; slot < table.geometry.segmentPages(); slot++) {
      if (table.isLive(segment, slot)) {
        live++;
        slot(slot);
      }
    }
    blocks += live;
    if (live != table.live[segment]) {
      twoOwners();
    }
    summary();
  }

  private void commit(CommitHeader.Fields commit) {
    boolean fits =
        commit.dataPages() == commit.entries()
            && commit.recordsAt() + commit.recordBytes() <= commit.headerPages() * Bytes.PAGE;
    findings.rule(
        fits, damage(COMMIT, "its counts do not fit its pages").at(segment, commit.page()));
    findings.rule(
        commit.stream() == table.stream[segment],
        damage(
                COMMIT,
                "it is of stream %d, the segment of stream %d"
                    .formatted(commit.stream(), table.stream[segment]))
            .at(segment, commit.page()));
  }

  private void slot(int slot) {
    if (!image.has(slot)) {
      unnamed(slot);
      return;
    }
    long block = image.block(slot);
    Layer holder = namespace.holder(image.layerId(slot), block, Location.of(segment, slot));
    if (holder == null) {
      findings.add(
          named(
              slot,
              damage(
                  MAP,
                  "the header says so, the map of another block names its page%s"
                      .formatted(ownersText(slot)))));
      return;
    }
    int crc = holder.map.foundCrc();
    if (crc != image.crc(slot)) {
      findings.add(at(slot, holder, block, MAP, "map and header expect different data"));
    }
    birth(slot, holder, block);
    if (image.damagedWhenMoved(slot)) {
      findings.add(at(slot, holder, block, DATA, "its data were damaged when they were moved"));
    } else if (withData && !image.isRight(slot, block, crc)) {
      String what =
          image.unreadable(slot)
              ? "the disk can't read it"
              : "its data are not those that were written";
      findings.add(at(slot, holder, block, DATA, what));
    }
  }

  /** A block is born with its commit; a relocated one is older than anything not yet written. */
  private void birth(int slot, Layer holder, long block) {
    CommitHeader.Fields commit = image.commit(slot);
    long birth = image.birth(slot);
    boolean right =
        commit.commitClass() == CommitHeader.CLASS_USER
            ? birth == commit.sequence()
            : birth > 0 && birth <= loaded.lastLsn();
    if (!right) {
      findings.add(
          at(slot, holder, block, COMMIT, "its birth LSN of %d can't be".formatted(birth)));
    }
  }

  private void unnamed(int slot) {
    if (findings.full()) {
      findings.add(damage(COMMIT, "no header names it").at(segment, slot));
      return;
    }
    String text =
        "no readable commit header of sequence %d names it".formatted(table.sequence[segment]);
    for (MapSearch.Owner owner : owners(slot)) {
      findings.add(at(slot, owner.layer(), owner.block(), COMMIT, text));
    }
  }

  /** Live bits are set once for each slot, and counted once for each owner. */
  private void twoOwners() {
    for (int slot = 0; slot < table.geometry.segmentPages(); slot++) {
      if (table.isLive(segment, slot) && owners(slot).size() > 1) {
        for (MapSearch.Owner owner : owners(slot)) {
          findings.add(
              at(slot, owner.layer(), owner.block(), MAP, "more than one block owns this page"));
        }
      }
    }
  }

  private void summary() {
    if (!image.summarized(table.sequence[segment])) {
      return;
    }
    if (!image.summaryGood(table.sequence[segment])) {
      findings.add(
          warning(SUMMARY, "it is torn or damaged; the headers say the same").at(segment, first()));
      return;
    }
    for (int slot = 0; slot < table.geometry.usablePages(); slot++) {
      if (table.isLive(segment, slot) && image.has(slot) && !image.summaryAgrees(slot)) {
        String text = "it does not say what the header says, which counts";
        findings.add(named(slot, warning(SUMMARY, text)));
      }
    }
  }

  private int first() {
    return table.geometry.usablePages();
  }

  // ---- words

  private Finding named(int slot, Finding finding) {
    return finding.at(segment, slot).of(image.layerId(slot), image.block(slot));
  }

  private Finding at(int slot, Layer layer, long block, Finding.Part part, String text) {
    List<String> readers =
        findings.full() ? List.of() : search.readers(block, Location.of(segment, slot));
    return damage(part, text).at(segment, slot).of(layer.id, block).seenBy(readers);
  }

  private List<MapSearch.Owner> owners(int slot) {
    if (owners.isEmpty()) {
      owners = search.ownersIn(segment);
    }
    return owners.getOrDefault(slot, List.of());
  }

  private String ownersText(int slot) {
    StringBuilder text = new StringBuilder();
    if (!findings.full()) {
      for (MapSearch.Owner owner : owners(slot)) {
        text.append(", layer ").append(Finding.idText(owner.layer().id));
        text.append(" block ").append(owner.block());
      }
    }
    return text.toString();
  }

  /** What follows from the table alone. */
  void state(int which) {
    byte state = table.state[which];
    boolean mayHold = state == SegmentTable.OPEN || state == SegmentTable.SEALED;
    findings.rule(
        table.live[which] == 0 || mayHold,
        damage(
                SEGMENT,
                "%d blocks are in it, and it is not of the log".formatted(table.live[which]))
            .at(which, Finding.NONE));
  }
}
