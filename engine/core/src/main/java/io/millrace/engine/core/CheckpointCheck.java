package io.millrace.engine.core;

import static io.millrace.engine.core.Finding.Part.CHECKPOINT;
import static io.millrace.engine.core.Finding.Part.MAP;
import static io.millrace.engine.core.Finding.damage;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/** Every chunk of the newest checkpoint, and whether what stands in it can be. */
final class CheckpointCheck {
  private final Root root;
  private final Geometry geometry;
  private final ChunkReader reader;
  private final Findings findings;
  private final Set<Long> pagesTaken = new HashSet<>();
  private final Set<Long> layers = new HashSet<>();
  private final BitSet listedSegments = new BitSet();
  private final BitSet reserve = new BitSet();
  private ChunkReference at = new ChunkReference(0, 0, 0, 0, 0);
  private long lastLayer;
  private long lastLeaf;
  private long leaves;

  CheckpointCheck(
      BlockingDisk disk, Superblock superblock, Root root, Findings findings, Arena arena) {
    this.root = root;
    this.findings = findings;
    geometry = superblock.geometry();
    reader = new ChunkReader(disk, superblock, arena);
  }

  /** Returns how many chunks it has read. */
  long run() {
    ArrayDeque<ChunkReference> listed = new ArrayDeque<>();
    for (ChunkReference reference : root.directory()) {
      if (read(reference)) {
        rule(reference.kind() == Chunk.DIRECTORY, "the root refers to a chunk of another kind");
        for (int i = 0; i < itemsOf(ChunkReference.BYTES); i++) {
          long item = Chunk.HEADER_BYTES + (long) i * ChunkReference.BYTES;
          listed.add(ChunkReference.read(reader.buffer.memory, item));
        }
      }
    }
    for (ChunkReference reference : listed) {
      if (read(reference)) {
        content();
      }
    }
    findings.rule(
        findings.damages() > 0 || listed.size() == root.chunks(),
        damage(
            CHECKPOINT,
            "%d chunks are listed, the root says %d".formatted(listed.size(), root.chunks())));
    return (long) root.directory().size() + listed.size();
  }

  private boolean read(ChunkReference reference) {
    at = reference;
    if (!reader.read(reference)) {
      rule(false, "this chunk of checkpoint " + root.number() + " is damaged");
      return false;
    }
    MemorySegment m = reader.buffer.memory;
    rule(Bytes.u32(m, 52) == at.segment() && Bytes.u16(m, 56) == at.page(), "it is of elsewhere");
    rule(Bytes.u32(m, 40) == at.kind(), "its kind is not the one that the directory names");
    rule(Bytes.u64(m, 24) <= root.number(), "it is of a later checkpoint than the root");
    rule(
        Bytes.pages(Chunk.HEADER_BYTES + (long) Bytes.u32(m, 48)) == at.pages(),
        "its length is not the one that the directory names");
    for (int i = 0; i < at.pages(); i++) {
      long page = Location.of(at.segment(), at.page() + i);
      rule(pagesTaken.add(page), "two chunks share a page");
    }
    return true;
  }

  /** Where its items end; never behind the pages that were read. */
  private long end() {
    long said = Chunk.HEADER_BYTES + (long) Chunk.bytes(reader.buffer);
    return Math.min(said, (long) at.pages() * Bytes.PAGE);
  }

  /** How many items of this length it has. */
  private int itemsOf(int bytes) {
    int items = Chunk.items(reader.buffer);
    boolean fit = items >= 0 && Chunk.HEADER_BYTES + (long) items * bytes <= end();
    rule(fit, "it can't hold as many items as it says: " + items);
    return fit ? items : 0;
  }

  private void content() {
    switch (Chunk.kind(reader.buffer)) {
      case Chunk.CATALOG -> catalog();
      case Chunk.SEGMENTS -> segments();
      case Chunk.RESERVE -> reserve();
      case Chunk.MAP -> leaves();
      case Chunk.LIVE, Chunk.INDEX -> {}
      default -> rule(false, "its kind is unknown: " + Chunk.kind(reader.buffer));
    }
  }

  private void catalog() {
    MemorySegment m = reader.buffer.memory;
    int record = Chunk.HEADER_BYTES;
    for (int i = 0; i < Chunk.items(reader.buffer); i++) {
      if (!Records.fits(m, record, end())) {
        rule(false, "one of its records is of no known kind or length");
        return;
      }
      if (Records.type(m, record) == Chunk.TYPE_LAYER) {
        long id = Records.number(m, record, 0);
        long parent = Records.number(m, record, 1);
        rule(layers.add(id), "layer " + Finding.idText(id) + " is there twice");
        rule(
            parent == 0 || layers.contains(parent),
            "layer " + Finding.idText(id) + " stands on one that is not there");
      }
      record = Records.next(m, record);
    }
  }

  private void segments() {
    MemorySegment m = reader.buffer.memory;
    for (int i = 0; i < itemsOf(Chunk.SEGMENT_BYTES); i++) {
      long item = Chunk.HEADER_BYTES + (long) i * Chunk.SEGMENT_BYTES;
      int segment = Bytes.u32(m, item);
      int state = Bytes.u8(m, item + 4);
      if (inStore(segment)) {
        rule(!listedSegments.get(segment), "segment " + segment + " is there twice");
        listedSegments.set(segment);
      }
      rule(
          state == SegmentTable.OPEN || state == SegmentTable.SEALED,
          "segment " + segment + " is in a state that is none: " + state);
    }
  }

  private void reserve() {
    for (int i = 0; i < itemsOf(Integer.BYTES); i++) {
      int segment = Bytes.u32(reader.buffer.memory, Chunk.HEADER_BYTES + i * 4L);
      if (inStore(segment)) {
        rule(!reserve.get(segment), "segment " + segment + " is in the reserve twice");
        reserve.set(segment);
      }
    }
  }

  private boolean inStore(int segment) {
    boolean there = segment >= SegmentTable.FIRST && segment < geometry.segments();
    rule(there, "segment " + segment + " is none of the store");
    return there;
  }

  private void leaves() {
    MemorySegment m = reader.buffer.memory;
    long leaf = Chunk.HEADER_BYTES;
    for (int i = 0; i < Chunk.items(reader.buffer); i++) {
      if (leaf + Chunk.LEAF_HEADER_BYTES > end()) {
        rule(false, "its leaves are longer than itself");
        return;
      }
      int count = Bytes.u16(m, leaf + 16);
      order(Bytes.u64(m, leaf), Bytes.u64(m, leaf + 8));
      leaf += Chunk.LEAF_HEADER_BYTES;
      if (count != Chunk.WHITE_LEAF) {
        if (!entries(m, leaf, count)) {
          return;
        }
        leaf += Leaf.ENTRIES + (long) count * Leaf.ENTRY_BYTES;
      }
    }
  }

  /** Leaves come in ascending order, so none comes twice. */
  private void order(long layer, long index) {
    boolean ascends = layer > lastLayer || (layer == lastLayer && index > lastLeaf);
    findings.rule(
        leaves++ == 0 || ascends,
        damage(MAP, "a leaf is out of order")
            .at(at.segment(), at.page())
            .of(layer, index * Leaf.BLOCKS));
    findings.rule(
        layers.contains(layer),
        damage(MAP, "a leaf of a layer that is not in the catalog")
            .at(at.segment(), at.page())
            .of(layer, index * Leaf.BLOCKS));
    lastLayer = layer;
    lastLeaf = index;
  }

  /** Whether the rest of the chunk can be told from this leaf. */
  private boolean entries(MemorySegment m, long leaf, int count) {
    if (leaf + Leaf.ENTRIES + (long) count * Leaf.ENTRY_BYTES > end()) {
      rule(false, "a leaf is longer than what is left of it");
      return false;
    }
    if (Leaf.count(m, leaf) != count) {
      findings.add(
          damage(MAP, "a leaf's bitmap and its length do not agree")
              .at(at.segment(), at.page())
              .of(lastLayer, lastLeaf * Leaf.BLOCKS));
      return false;
    }
    int index = -1;
    for (int rank = 0; rank < count; rank++) {
      index = Leaf.next(m, leaf, index + 1);
      long location = Leaf.location(m, Leaf.entry(leaf, rank));
      findings.rule(
          location == Location.WHITEOUT || canHoldData(location),
          damage(
                  MAP,
                  "it is said to be in segment %d page %d, which is no place for data"
                      .formatted(Location.segment(location), Location.slot(location)))
              .at(at.segment(), at.page())
              .of(lastLayer, lastLeaf * Leaf.BLOCKS + index));
    }
    return true;
  }

  private boolean canHoldData(long location) {
    int segment = Location.segment(location);
    return segment >= SegmentTable.FIRST
        && segment < geometry.segments()
        && Location.slot(location) < geometry.usablePages();
  }

  private void rule(boolean holds, String text) {
    findings.rule(holds, damage(CHECKPOINT, text).at(at.segment(), at.page()));
  }
}
