package io.millrace.engine.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the newest checkpoint is, and where the log goes on; kept twice, the higher number counts.
 *
 * <pre>
 *    0 u64 magic "MRROOT01"        48 u64 durable LSN: the maps may be as new as this
 *    8 u8[16] store uuid           56 u64 next segment sequence
 *   24 u64 checkpoint number       64 u64 next object id
 *   32 u64 epoch                   72 u64 next relocation number
 *   40 u64 cut LSN                 80 u32 directory chunks · 84 u32 chunks in all
 *   88 u32 checksum of the header of the cut LSN's commit (0: none) · 92 u32 zero
 *   96 directory references, 16 bytes each, as in {@link ChunkReference}; 4092 u32 CRC32C of bytes 0..4091
 * </pre>
 *
 * <p>A root without chunks is an empty store, whose log goes on in segments 1, 2, 3, …
 */
record Root(
    long number,
    long epoch,
    long cutLsn,
    int cutCrc,
    long durableLsn,
    long nextSegmentSequence,
    long nextId,
    long nextRelocation,
    List<ChunkReference> directory,
    int chunks) {
  static final long MAGIC = Bytes.magic("MRROOT01");
  static final int REFERENCES_AT = 96;
  private static final int CRC = 4092;

  /** Chunk references of the directory that fit the page. */
  static final int DIRECTORY_MAX = (CRC - REFERENCES_AT) / ChunkReference.BYTES;

  static Root empty(long epoch) {
    return new Root(1, epoch, 0, 0, 0, 1, 1, 1, List.of(), 0);
  }

  /** The same, of a log that is known to be durable up to that LSN. */
  Root durable(long lsn) {
    return new Root(
        number,
        epoch,
        cutLsn,
        cutCrc,
        lsn,
        nextSegmentSequence,
        nextId,
        nextRelocation,
        directory,
        chunks);
  }

  void encode(PageBuffer page, Checksum checksum) {
    var m = page.memory;
    m.asSlice(0, Bytes.PAGE).fill((byte) 0);
    Bytes.u64(m, 0, MAGIC);
    Bytes.uuid(m, 8, checksum.store());
    Bytes.u64(m, 24, number);
    Bytes.u64(m, 32, epoch);
    Bytes.u64(m, 40, cutLsn);
    Bytes.u64(m, 48, durableLsn);
    Bytes.u64(m, 56, nextSegmentSequence);
    Bytes.u64(m, 64, nextId);
    Bytes.u64(m, 72, nextRelocation);
    Bytes.u32(m, 80, directory.size());
    Bytes.u32(m, 84, chunks);
    Bytes.u32(m, 88, cutCrc);
    for (int i = 0; i < directory.size(); i++) {
      directory.get(i).write(m, REFERENCES_AT + (long) i * ChunkReference.BYTES);
    }
    Bytes.u32(m, CRC, checksum.around(page, 0, Bytes.PAGE, CRC));
  }

  static @Nullable Root decode(PageBuffer page, Checksum checksum) {
    var m = page.memory;
    if (Bytes.u64(m, 0) != MAGIC
        || !Bytes.sameUuid(m, 8, checksum.store())
        || Bytes.u32(m, CRC) != checksum.around(page, 0, Bytes.PAGE, CRC)) {
      return null;
    }
    int references = Bytes.u32(m, 80);
    if (references < 0 || references > DIRECTORY_MAX) {
      return null;
    }
    List<ChunkReference> directory = new ArrayList<>();
    for (int i = 0; i < references; i++) {
      directory.add(ChunkReference.read(m, REFERENCES_AT + (long) i * ChunkReference.BYTES));
    }
    return new Root(
        Bytes.u64(m, 24),
        Bytes.u64(m, 32),
        Bytes.u64(m, 40),
        Bytes.u32(m, 88),
        Bytes.u64(m, 48),
        Bytes.u64(m, 56),
        Bytes.u64(m, 64),
        Bytes.u64(m, 72),
        directory,
        Bytes.u32(m, 84));
  }
}
