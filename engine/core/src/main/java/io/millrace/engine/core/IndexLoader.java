package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes what an index says: which leaves there are, and which chunk has them. */
final class IndexLoader {
  private final Namespace namespace;
  private final int pagesMax;

  /** The chunks of the maps that the directory has named and the index not yet. */
  private final ArrayDeque<ChunkReference> references = new ArrayDeque<>();

  private final List<MapChunk.Run> runs = new ArrayList<>();
  private @Nullable ChunkReference reference;
  private long firstLayer;
  private long firstLeaf;
  private long lastLayer;
  private long lastLeaf;

  IndexLoader(Namespace namespace, Geometry geometry) {
    this.namespace = namespace;
    pagesMax = CheckpointSize.of(geometry).mapPages();
  }

  /** A chunk of the maps, in the order of the directory. */
  void chunk(ChunkReference map) {
    Bounds.require(map.pages() <= pagesMax, "pages", map.pages());
    references.add(map);
  }

  /** Takes a chunk of the index, in the order of the directory. */
  void load(MemorySegment m, int items, long end) {
    long at = Chunk.HEADER_BYTES;
    for (int i = 0; i < items; i++) {
      Bounds.require(IndexImage.fits(m, at, end), "run at", at);
      if (IndexImage.begins(m, at)) {
        endChunk();
        Bounds.require(!references.isEmpty(), "chunk at", at);
        reference = references.remove();
        firstLayer = Bytes.u64(m, at);
        firstLeaf = IndexImage.leaf(m, at, 0);
      }
      run(m, at);
      at += IndexImage.bytes(m, at);
    }
  }

  private void run(MemorySegment m, long at) {
    MapChunk.Run run = IndexImage.run(m, at);
    int mixed = run.leaves() - run.wholes();
    Bounds.require(reference != null, "run at", at);
    Bounds.require(mixed >= 0 && run.wholes() >= 0, "leaves", run.leaves());
    Bounds.require(run.blocks() >= 0 && run.whiteouts() >= 0, "entries", run.blocks());
    long entries = run.blocks() + run.whiteouts();
    Bounds.require(entries >= mixed && entries <= (long) mixed * Leaf.BLOCKS, "entries", entries);
    for (int i = 0; i < run.leaves(); i++) {
      leaf(run.layerId(), IndexImage.leaf(m, at, i));
    }
    add(run);
  }

  /** Leaves ascend, over all chunks. */
  private void leaf(long layerId, long leaf) {
    boolean ascends = layerId > lastLayer || (layerId == lastLayer && leaf > lastLeaf);
    Bounds.leaf(leaf);
    Bounds.require(ascends, "leaf out of order", leaf);
    lastLayer = layerId;
    lastLeaf = leaf;
    namespace.requireLayer(layerId).map.addAbsent(leaf);
  }

  private void add(MapChunk.Run run) {
    namespace.requireLayer(run.layerId()).map.countAbsent(run);
    runs.add(run);
  }

  /**
   * Takes a chunk of the maps itself, instead of what the index says of it; the slots that it names
   * are live.
   */
  void read(PageBuffer chunk, ChunkReference map, long end, SegmentTable table, Bounds bounds) {
    MemorySegment m = chunk.memory;
    endChunk();
    reference = map;
    long at = Chunk.HEADER_BYTES;
    for (int i = 0; i < Chunk.items(chunk); i++) {
      Bounds.require(LeafImage.fits(m, at, end), "leaf at", at);
      long layerId = Bytes.u64(m, at);
      long leaf = Bytes.u64(m, at + 8);
      firstLayer = i == 0 ? layerId : firstLayer;
      firstLeaf = i == 0 ? leaf : firstLeaf;
      leaf(layerId, leaf);
      add(LeafImage.run(m, at));
      markLive(m, at, table, bounds);
      at += LeafImage.length(m, at);
    }
  }

  private static void markLive(MemorySegment m, long at, SegmentTable table, Bounds bounds) {
    int count = LeafImage.entries(m, at);
    for (int rank = 0; rank < count; rank++) {
      long location = Leaf.location(m, Leaf.entry(at + Chunk.LEAF_HEADER_BYTES, rank));
      bounds.location(location);
      if (location >= 0) {
        table.markLive(location);
      }
    }
  }

  private void endChunk() {
    ChunkReference r = reference;
    if (r != null && !runs.isEmpty()) {
      int items = runs.stream().mapToInt(MapChunk.Run::leaves).sum();
      namespace.pages.add(new MapChunk(firstLayer, firstLeaf, items, runs, r));
      runs.clear();
    }
  }

  /** The index is whole when it has named every chunk of the maps. */
  void end() {
    endChunk();
    reference = null;
    Bounds.require(references.isEmpty(), "chunks without an index", references.size());
  }
}
