package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the maps of a checkpoint anew without reading them: the checkpoint says which slots are
 * live ({@link LiveImage}), and the header of its commit or, where that is damaged, the summary of
 * its segment says for each which block of which layer it holds.
 *
 * <p>Neither alone would do. Headers and summaries also name what was overwritten, moved or
 * discarded since, and the records that killed it may have gone with their segment; so what is not
 * live in the checkpoint never comes back. Where a block was moved, one of its places is live, as
 * of the cut, and that place is intact until a later checkpoint is durable.
 *
 * <p>A merge may be half done at the cut, with blocks of the child in the map of its parent: all go
 * back to the child. What the child has overwritten since is live until the merge comes to it, so
 * of two that were written to the child the one of the later birth counts; and a whiteout of the
 * child counts against both.
 */
final class Rebuild {
  private static final int NOTHING = -1;

  /** A block of a layer. */
  private record Claim(long layerId, long block) {}

  private final Steps steps;
  private final PageByPage reader;
  private final PageBuffer buffer;
  private final Checksum checksum;
  private final Geometry geometry;
  private final Namespace namespace;
  private final Blocks blocks;
  private final ArrayDeque<LiveSlots.Of> left;
  private final int[] entryAt;

  /** Of the blocks of children that are being merged with their parent. */
  private final Map<Claim, Long> births = new HashMap<>();

  private Runnable whenDone = () -> {};
  private @Nullable String damage;
  private long placed;
  private long bySummary;

  Rebuild(Steps steps, Recovery.Work work, LiveSlots live) {
    this.steps = steps;
    buffer = work.buffer;
    checksum = work.checksum;
    geometry = work.table.geometry;
    namespace = work.namespace;
    blocks = work.blocks;
    reader = steps.pageByPage(geometry, buffer);
    left = new ArrayDeque<>(live.segments());
    entryAt = new int[geometry.segmentPages()];
    if (!live.known()) {
      damage = "the checkpoint does not say which blocks are live, so the maps can't be made anew";
    }
  }

  /** Reads all segments with live slots, then takes that step. */
  void run(Runnable then) {
    whenDone = then;
    next();
  }

  Optional<String> damage() {
    return Optional.ofNullable(damage);
  }

  /** Blocks that were found. */
  long placed() {
    return placed;
  }

  /** Those of them that only a summary names. */
  long bySummary() {
    return bySummary;
  }

  private void next() {
    LiveSlots.Of of = left.peek();
    if (of == null || damage != null) {
      whenDone.run();
    } else {
      steps.readSegment(reader, of.segment());
      steps.then(this::segmentRead);
    }
  }

  /** What can't be read is zeros, and names nothing. */
  private void segmentRead() {
    int _ = steps.takeErrno();
    LiveSlots.Of of = left.remove();
    Arrays.fill(entryAt, NOTHING);
    if (Summary.good(buffer, geometry, checksum, of.sequence())) {
      takeSummary();
    }
    takeHeaders(of);
    of.slots().stream().forEach(slot -> place(of.segment(), slot));
    next();
  }

  private void takeSummary() {
    for (int slot = 0; slot < geometry.usablePages(); slot++) {
      int entry = Summary.entry(geometry, slot);
      if (Bytes.u64(buffer.memory, entry) != 0) {
        entryAt[slot] = entry;
      }
    }
  }

  /** They count: a crash may leave a summary that speaks of commits that were lost. */
  private void takeHeaders(LiveSlots.Of of) {
    CommitHeader.forEach(
        new CommitHeader.Pages(buffer, of.segment(), of.sequence(), geometry.usablePages()),
        geometry,
        checksum,
        commit -> {
          for (int i = 0; i < commit.entries(); i++) {
            entryAt[commit.slot(i)] = commit.entryAt(i);
          }
        });
  }

  private void place(int segment, int slot) {
    int entry = slot < entryAt.length ? entryAt[slot] : NOTHING;
    if (entry == NOTHING) {
      refuse(segment, slot, "is live, and neither header nor summary says what it holds");
      return;
    }
    MemorySegment m = buffer.memory;
    // Without an owner: of a layer that was gone at the cut.
    Layer owner = namespace.owner(Bytes.u64(m, entry));
    if (owner != null) {
      place(owner, entry, Location.of(segment, slot));
    }
  }

  private void place(Layer owner, int entry, long location) {
    MemorySegment m = buffer.memory;
    long address = CommitHeader.block(m, entry);
    long before = owner.map.find(address);
    if (before == Location.WHITEOUT || !isNewest(owner, address, Bytes.u64(m, entry + 16L))) {
      return;
    }
    if (before >= 0 && !isBeingMerged(owner)) {
      String both = "and another are both live for block %d".formatted(address);
      refuse(Location.segment(location), Location.slot(location), both);
      return;
    }
    blocks.place(owner, address, location, Bytes.u32(m, entry + 24L));
    placed += before >= 0 ? 0 : 1;
    bySummary += entry >= geometry.usablePages() * Bytes.PAGE ? 1 : 0;
  }

  private boolean isNewest(Layer owner, long address, long birth) {
    return !isBeingMerged(owner)
        || births.merge(new Claim(owner.id, address), birth, Math::max) == birth;
  }

  private static boolean isBeingMerged(Layer child) {
    Layer parent = child.parent;
    return parent != null && parent.mergeable();
  }

  private void refuse(int segment, int slot, String why) {
    damage = damage == null ? "segment %d page %d %s".formatted(segment, slot, why) : damage;
  }
}
