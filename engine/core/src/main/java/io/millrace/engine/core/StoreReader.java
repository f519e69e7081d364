package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a store holds, as the next opening would find it, without opening it: not one byte is
 * written, neither an epoch nor the end of the log.
 *
 * <p>For a store that nobody serves, and for the calling thread, which it keeps until the storage
 * has ended its calls. It shows what is in the log; what a killed engine had only in memory outside
 * the store is not there. Every block is checked before it is given out.
 */
public final class StoreReader {
  private static final int RUN_PAGES_MAX = 256;
  private static final String WRONG = "its data are not those that were written";

  private final BlockingDisk disk;
  private final Recovery.Loaded loaded;
  private final PageBuffer buffer;

  /** What became of an attempt to read a store. */
  public sealed interface Opened {
    /** It can be read. */
    record Recovered(StoreReader reader) implements Opened {}

    /** It has no state that could be trusted; the reason names the place. */
    record Refused(String reason) implements Opened {}
  }

  /** Takes the content of a volume in the order of its addresses; what it is not told is zeros. */
  public interface Content {
    /** Bytes at an offset of the volume; valid during the call. */
    void data(long offset, MemorySegment data);

    /** A block that can't be read, or whose data are not those that were written. */
    void damaged(Damage damage);
  }

  /**
   * A block of a volume that is lost.
   *
   * @param offset in the volume, in bytes
   * @param layerId the layer that has the block
   * @param reason what is wrong with it
   */
  public record Damage(long offset, long layerId, int segment, int page, String reason) {
    @Override
    public String toString() {
      return "block %d (byte %d) of layer %s, in segment %d page %d: %s"
          .formatted(offset / Bytes.PAGE, offset, Finding.idText(layerId), segment, page, reason);
    }
  }

  private StoreReader(BlockingDisk disk, Recovery.Loaded loaded, Arena arena) {
    this.disk = disk;
    this.loaded = loaded;
    buffer = new PageBuffer(arena, (long) RUN_PAGES_MAX * Bytes.PAGE);
  }

  /** Recovers in memory what the storage holds. */
  public static Opened open(Storage storage) {
    return open(storage, Recovery.Manner.LOOK);
  }

  /** The same, with maps that are made anew and not read: as {@link Store#rebuild} would. */
  public static Opened openRebuilt(Storage storage) {
    return open(storage, Recovery.Manner.LOOK_REBUILT);
  }

  private static Opened open(Storage storage, Recovery.Manner manner) {
    Arena arena = Arena.ofAuto();
    BlockingDisk disk = new BlockingDisk(storage);
    return switch (recover(disk, arena, manner)) {
      case Outcome.Found found ->
          new Opened.Recovered(new StoreReader(disk, found.loaded(), arena));
      case Outcome.Refused refused -> new Opened.Refused(refused.reason());
    };
  }

  /** What a recovery that writes nothing came to. */
  sealed interface Outcome {
    record Found(Recovery.Loaded loaded) implements Outcome {}

    record Refused(String reason) implements Outcome {}
  }

  static Outcome recover(BlockingDisk disk, Arena arena, Recovery.Manner manner) {
    Recovery recovery = new Recovery(disk.disk(), arena, disk.sizeBytes(), Staging.none(), manner);
    disk.run(recovery);
    Recovery.@Nullable Loaded loaded = recovery.loaded();
    return loaded == null
        ? new Outcome.Refused(recovery.damage().orElse("the store can't be read"))
        : new Outcome.Found(loaded);
  }

  /** From the superblock. */
  public UUID uuid() {
    return loaded.superblock().uuid();
  }

  /** Blocks that a rebuild found by live slots; 0 when the maps were read. */
  public long rebuiltBlocks() {
    return loaded.rebuilt().blocks();
  }

  /** Those of them that only a summary names, because the header of their commit is damaged. */
  public long rebuiltBySummary() {
    return loaded.rebuilt().bySummary();
  }

  /** Reads all maps, which an opening does not; what is wrong with them, if anything is. */
  public Optional<String> damageOfMaps() {
    try {
      loaded.namespace().bringAll();
      return Optional.empty();
    } catch (MapPages.Damaged damaged) {
      return Optional.of(damaged.reason());
    }
  }

  /** Identity and room, as an engine with the default options has it. */
  public StoreInfo info() {
    Namespace namespace = loaded.namespace();
    Space space = new Space(loaded.table(), namespace, StoreOptions.defaults());
    return StoreInfo.of(loaded.superblock(), namespace, space);
  }

  /** The volumes and snapshots. */
  public Catalog catalog() {
    return loaded.namespace().view();
  }

  /** Gives the content of a volume of the catalog. */
  public void read(Catalog.Volume volume, Content to) {
    Volume found = loaded.namespace().volumes.get(volume.id());
    if (found == null) {
      throw new IllegalArgumentException("not of this store: " + volume);
    }
    new Export(new LayerChain(found.top), volume.sizeBytes(), to).run();
  }

  /** Gives the content of a snapshot of the catalog. */
  public void read(Catalog.Snapshot snapshot, Content to) {
    Snapshot found = loaded.namespace().snapshots.get(snapshot.id());
    if (found == null) {
      throw new IllegalArgumentException("not of this store: " + snapshot);
    }
    new Export(new LayerChain(found.layer()), snapshot.sizeBytes(), to).run();
  }

  /** One pass over a volume, in runs of blocks that are neighbours in it and on the disk. */
  private final class Export {
    private final LayerChain chain;
    private final long sizeBytes;
    private final Content to;
    private final int[] crcs = new int[RUN_PAGES_MAX];
    private final long[] layerIds = new long[RUN_PAGES_MAX];
    private long location;
    private long address;
    private int pages;

    Export(LayerChain chain, long sizeBytes, Content to) {
      this.chain = chain;
      this.sizeBytes = sizeBytes;
      this.to = to;
    }

    void run() {
      long blocks = (sizeBytes + Bytes.PAGE - 1) / Bytes.PAGE;
      for (long leaf = chain.nextLeaf(0);
          leaf >= 0 && leaf * Leaf.BLOCKS < blocks;
          leaf = chain.nextLeaf(leaf + 1)) {
        long end = Math.min(blocks, (leaf + 1) * Leaf.BLOCKS);
        try {
          leaf(leaf * Leaf.BLOCKS, end);
        } catch (MapPages.Damaged damaged) {
          lost(leaf * Leaf.BLOCKS, end, damaged);
        }
      }
      giveOut();
    }

    private void leaf(long first, long end) {
      for (long block = first; block < end; block++) {
        long found = chain.find(block);
        if (found >= 0) {
          add(block, found);
        }
      }
    }

    /** Nobody knows where these blocks are, or whether they are anywhere. */
    private void lost(long first, long end, MapPages.Damaged damaged) {
      giveOut();
      for (long block = first; block < end; block++) {
        to.damaged(damaged.of(block * Bytes.PAGE));
      }
    }

    private void add(long block, long found) {
      boolean goesOn = block == address + pages && found == location + pages;
      if (!goesOn || pages == RUN_PAGES_MAX) {
        giveOut();
        location = found;
        address = block;
      }
      crcs[pages] = chain.layer().map.foundCrc();
      layerIds[pages] = chain.layer().id;
      pages++;
    }

    private void giveOut() {
      if (pages > 0) {
        Geometry geometry = loaded.table().geometry;
        long offset = geometry.offset(Location.segment(location), Location.slot(location));
        int errno = disk.read(offset, buffer.pages(0, pages));
        if (errno == 0) {
          check();
        } else {
          readOneByOne(offset);
        }
        pages = 0;
      }
    }

    private void check() {
      int first = 0;
      for (int i = 0; i < pages; i++) {
        if (!isRight(i)) {
          give(first, i - first);
          damaged(i, WRONG);
          first = i + 1;
        }
      }
      give(first, pages - first);
    }

    /** A bad sector of the disk must not take its neighbours along. */
    private void readOneByOne(long offset) {
      for (int i = 0; i < pages; i++) {
        int errno = disk.read(offset + (long) i * Bytes.PAGE, buffer.pages(i, 1));
        if (errno != 0) {
          damaged(i, "the disk can't read it: errno " + errno);
        } else if (isRight(i)) {
          give(i, 1);
        } else {
          damaged(i, WRONG);
        }
      }
    }

    private boolean isRight(int i) {
      return loaded.checksum().block(buffer, i * Bytes.PAGE, address + i) == crcs[i];
    }

    private void give(int first, int count) {
      if (count > 0) {
        long offset = (address + first) * Bytes.PAGE;
        long bytes = Math.min((long) count * Bytes.PAGE, sizeBytes - offset);
        to.data(offset, buffer.memory.asSlice((long) first * Bytes.PAGE, bytes));
      }
    }

    private void damaged(int i, String reason) {
      int segment = Location.segment(location);
      int page = Location.slot(location) + i;
      to.damaged(new Damage((address + i) * Bytes.PAGE, layerIds[i], segment, page, reason));
    }
  }
}
