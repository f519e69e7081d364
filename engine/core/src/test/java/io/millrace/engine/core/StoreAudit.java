package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Opens the store's inside to the simulator, which lives in another package. */
public final class StoreAudit {
  private StoreAudit() {}

  /** Throws when the maps, the live bits and the layers do not agree. */
  public static void check(Store store) {
    store.check();
  }

  /**
   * What a serving store has done since its opening, and what it is at.
   *
   * @param cleaning survivors are on their way
   * @param checkpointing a checkpoint is being written
   */
  public record Works(
      long checkpoints,
      long segmentsCleaned,
      long merges,
      long mapsRead,
      long mapsLeft,
      boolean cleaning,
      boolean checkpointing) {
    private static final Works NONE = new Works(0, 0, 0, 0, 0, false, false);
  }

  /** None while it recovers, or when it was refused. */
  public static Works works(Store store) {
    StoreState state = store.state();
    if (state == StoreState.RECOVERING || state == StoreState.DAMAGED) {
      return Works.NONE;
    }
    Serving s = store.serving();
    return new Works(
        s.checkpointer.checkpoints,
        s.cleaner.segmentsCleaned,
        s.reclaimer.merges,
        s.namespace.pages.reads,
        s.namespace.pages.departures,
        !s.cleaner.idle(),
        !s.checkpointer.idle());
  }

  /** Begins a checkpoint, as if it were time for one. */
  public static void checkpoint(Store store) {
    Serving s = store.serving();
    if (store.state() == StoreState.SERVING && s.checkpointer.idle() && s.checkpointer.fits()) {
      s.checkpointer.start(KeptChunks.Need.EASY);
    }
  }

  /** Begins to clean a segment, as if segments were few. */
  public static void clean(Store store) {
    if (store.state() == StoreState.SERVING) {
      store.serving().cleaner.step(true, true);
    }
  }

  /**
   * Whether a block of a volume is on one of these pages of the disk, or the map that says where it
   * is, or is not there what the map expects.
   */
  public static boolean isOn(Store store, long volumeId, long block, BitSet pages, byte[] disk) {
    Serving s = store.serving();
    Volume volume = s.namespace.volumes.get(volumeId);
    long location = volume == null ? Location.NONE : s.resolver.resolve(volume.top, block);
    while (location == Resolver.MISSING) {
      LayerMap map = s.resolver.missingMap();
      if (isMapOn(s, map.layerId, s.resolver.missingLeaf(), pages)) {
        return true;
      }
      int unused = map.leaf(s.resolver.missingLeaf());
      location = s.resolver.resolve(Objects.requireNonNull(volume).top, block);
    }
    if (location < 0) {
      return false;
    }
    int crc = s.resolver.crc();
    long offset = s.table.geometry.offset(Location.segment(location), Location.slot(location));
    try (Arena arena = Arena.ofConfined()) {
      PageBuffer page = new PageBuffer(arena, Bytes.PAGE);
      MemorySegment.copy(MemorySegment.ofArray(disk), offset, page.memory, 0, Bytes.PAGE);
      return pages.get((int) (offset / Bytes.PAGE)) || s.checksum.block(page, 0, block) != crc;
    }
  }

  private static boolean isMapOn(Serving s, long layerId, long leaf, BitSet pages) {
    MapChunk chunk = s.namespace.pages.of(layerId, leaf);
    if (chunk == null) {
      return false;
    }
    ChunkReference at = chunk.reference();
    int first = at.segment() * s.table.geometry.segmentPages() + at.page();
    int damaged = pages.nextSetBit(first);
    return damaged >= 0 && damaged < first + at.pages();
  }

  /**
   * What stands on the pages of a disk that never lied.
   *
   * @param data content of blocks
   * @param structure superblocks, roots, headers of commits, chunks
   * @param maps those of the structure that are chunks of the maps
   */
  public record Layout(BitSet data, BitSet structure, BitSet maps) {}

  /** Null when there is no store. */
  public static @Nullable Layout layout(byte[] disk) {
    try (Arena arena = Arena.ofConfined()) {
      PageBuffer all = PageBuffer.copyOf(arena, disk);
      Superblock superblock = superblock(arena, all);
      return superblock == null ? null : new Survey(arena, all, superblock).run();
    }
  }

  private static @Nullable Superblock superblock(Arena arena, PageBuffer all) {
    Superblock newest = null;
    for (int at : new int[] {Geometry.SUPERBLOCK_A, Geometry.SUPERBLOCK_B}) {
      PageBuffer page = new PageBuffer(arena, Bytes.PAGE);
      page.memory.copyFrom(all.pages(at, 1));
      if (Superblock.decode(page) instanceof Superblock.Found.Good good
          && (newest == null || newest.epoch() < good.superblock().epoch())) {
        newest = good.superblock();
      }
    }
    return newest;
  }

  /** Goes over all segments of a disk. */
  private static final class Survey {
    private final PageBuffer all;
    private final PageBuffer segment;
    private final Geometry geometry;
    private final Checksum checksum;
    private final BitSet data = new BitSet();
    private final BitSet structure = new BitSet();
    private final BitSet maps = new BitSet();

    Survey(Arena arena, PageBuffer all, Superblock superblock) {
      this.all = all;
      geometry = superblock.geometry();
      checksum = superblock.checksum();
      segment = new PageBuffer(arena, geometry.segmentBytes());
    }

    Layout run() {
      for (int s = SegmentTable.FIRST; s < geometry.segments(); s++) {
        segment.memory.copyFrom(all.pages(s * geometry.segmentPages(), geometry.segmentPages()));
        for (int page = 0; page < geometry.usablePages(); page++) {
          look(s, page);
        }
      }
      structure.set(Geometry.SUPERBLOCK_A);
      structure.set(Geometry.SUPERBLOCK_B);
      structure.set(Geometry.ROOT_A);
      structure.set(Geometry.ROOT_B);
      data.andNot(structure);
      return new Layout(data, structure, maps);
    }

    private void look(int s, int page) {
      int first = s * geometry.segmentPages() + page;
      long at = (long) page * Bytes.PAGE;
      if (Bytes.u64(segment.memory, at) == Chunk.MAGIC) {
        int end = first + Bytes.u16(segment.memory, at + 58);
        structure.set(first, end);
        maps.set(first, end, Bytes.u32(segment.memory, at + 40) == Chunk.MAP);
      }
      CommitHeader.Fields commit =
          CommitHeader.decode(segment, page, s, geometry.usablePages(), checksum);
      if (commit != null) {
        structure.set(first, first + commit.headerPages());
        data.set(first + commit.headerPages(), first + commit.pages());
      }
    }
  }

  /**
   * Throws when maps that are made anew differ from those that an opening finds; writes nothing.
   *
   * @param disk its bytes, while no store is open on it
   */
  public static void checkRebuild(byte[] disk) {
    RebuildOracle.check(new FlatStorage(disk));
  }
}
