package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The memory of all batches of user writes. Where it outlives the process, a next one finds in it
 * what was answered and is not in the log; see {@link StagingTail}.
 *
 * <pre>
 *    0 u64 magic "MRSTAGE1", 0: not in use     40 u64 epoch of the superblock
 *    8 u8[16] store uuid                       48 u32 places
 *   24 u8[16] boot id                          52 u32 blocks of a place
 *   4092 u32 CRC32C of bytes 8..4091
 * 4096 places, as in {@link StagingPlace}
 * </pre>
 *
 * <p>An LSN is staged from its first block until its commit is in the log and in the maps; so those
 * that are staged follow each other without a gap. Owner thread only.
 */
final class StagingRing {
  static final long MAGIC = Bytes.magic("MRSTAGE1");
  private static final int CRC = 4092;

  /** What makes a ring this store's. */
  record Stamp(UUID store, UUID boot, long epoch) {}

  /** How many batches it has room for, and how large ones. */
  record Shape(int places, int blocksMax) {
    private static final int PLACES_MAX = 1024;

    static Shape of(StoreOptions options, Geometry geometry) {
      int blocksMax = Committer.blocksMax(options, geometry);
      int places = Math.clamp(options.stagingBytes() / (blocksMax * Bytes.PAGE), 2, PLACES_MAX);
      return new Shape(places, blocksMax);
    }

    /** Whether a ring of that many bytes can have it. */
    boolean fits(long memoryBytes) {
      boolean may = places > 0 && places <= PLACES_MAX && blocksMax > 0 && blocksMax < 1 << 16;
      return may && bytes() <= memoryBytes;
    }

    long bytes() {
      return Bytes.PAGE + places * StagingPlace.bytes(blocksMax);
    }
  }

  /** What lies in memory that a store was given. */
  sealed interface Found {
    /** Nothing that anybody could miss. */
    record Nothing() implements Found {}

    /** What this store's last process had staged. */
    record Staged(StagingRing ring) implements Found {}

    /** It can't be this store's any more; what is in it is lost. */
    record Stale(String reason) implements Found {}

    /** It may be needed, by somebody else or after something was put right: not to be touched. */
    record Refused(String reason) implements Found {}
  }

  private final StagingPlace[] places;

  private StagingRing(MemorySegment memory, Shape shape) {
    places = new StagingPlace[shape.places];
    long bytes = StagingPlace.bytes(shape.blocksMax);
    for (int i = 0; i < places.length; i++) {
      places[i] = new StagingPlace(memory.asSlice(Bytes.PAGE + i * bytes, bytes), shape.blocksMax);
    }
  }

  /** Makes it an empty ring, whatever it was. */
  static StagingRing begin(MemorySegment memory, Shape shape, Stamp stamp) {
    Bytes.u64(memory, 0, 0);
    VarHandle.storeStoreFence();
    StagingRing ring = new StagingRing(memory, shape);
    ring.clear();
    memory.asSlice(0, Bytes.PAGE).fill((byte) 0);
    Bytes.uuid(memory, 8, stamp.store);
    Bytes.uuid(memory, 24, stamp.boot);
    Bytes.u64(memory, 40, stamp.epoch);
    Bytes.u32(memory, 48, shape.places);
    Bytes.u32(memory, 52, shape.blocksMax);
    Bytes.u32(memory, CRC, crc(memory));
    VarHandle.storeStoreFence();
    Bytes.u64(memory, 0, MAGIC);
    return ring;
  }

  /** What the last process left to the store with this stamp. */
  static Found look(MemorySegment memory, Stamp stamp) {
    if (Bytes.u64(memory, 0) == 0) {
      return new Found.Nothing();
    }
    StagingRing ring = decode(memory);
    if (ring == null) {
      return new Found.Refused("it is not a staging ring that this version can read");
    }
    if (!Bytes.sameUuid(memory, 8, stamp.store)) {
      return new Found.Refused("it is of store " + Bytes.uuid(memory, 8));
    }
    int commits = ring.count();
    long epoch = Bytes.u64(memory, 40);
    if (commits == 0) {
      return new Found.Nothing();
    }
    if (!Bytes.sameUuid(memory, 24, stamp.boot)) {
      return new Found.Stale("it is of an earlier start of the machine");
    }
    if (epoch < stamp.epoch) {
      return new Found.Stale(
          "it is of epoch %d, and the store was opened without it: its epoch is %d"
              .formatted(epoch, stamp.epoch));
    }
    return epoch == stamp.epoch
        ? new Found.Staged(ring)
        : new Found.Refused(
            "it is of epoch %d, the store is an older copy of epoch %d"
                .formatted(epoch, stamp.epoch));
  }

  private static @Nullable StagingRing decode(MemorySegment memory) {
    if (Bytes.u64(memory, 0) != MAGIC || Bytes.u32(memory, CRC) != crc(memory)) {
      return null;
    }
    Shape shape = new Shape(Bytes.u32(memory, 48), Bytes.u32(memory, 52));
    return shape.fits(memory.byteSize()) ? new StagingRing(memory, shape) : null;
  }

  /** Of all but the magic, which is written last, and itself. */
  private static int crc(MemorySegment memory) {
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(memory.asSlice(8, CRC - 8).asByteBuffer());
    return (int) crc.getValue();
  }

  int places() {
    return places.length;
  }

  StagingPlace place(int i) {
    return places[i];
  }

  /** The place of an LSN; null when it is not staged. */
  @Nullable StagingPlace find(long lsn) {
    for (StagingPlace place : places) {
      if (place.lsn() == lsn) {
        return place;
      }
    }
    return null;
  }

  /** Commits with something in them. */
  int count() {
    int count = 0;
    for (StagingPlace place : places) {
      count += place.lsn() != 0 && !place.isEmpty() ? 1 : 0;
    }
    return count;
  }

  /** Forgets all that is staged: it is in the log, or nobody can have it. */
  void clear() {
    for (StagingPlace place : places) {
      place.clear();
    }
  }
}
