package io.millrace.engine.core;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Flips bits of a small store, one at a time, opens it, and reads everything: each block is served
 * as it was written or is EIO, or the store is refused.
 *
 * <p>{@code FlippedBits [--every N] [--json FILE]} flips a bit of every (Nth) byte in use of a
 * store that was closed and of one that crashed.
 */
public final class FlippedBits implements Answers {
  private static final int SEGMENTS = 32;
  private static final int SEGMENT_BYTES = 64 << 10;
  private static final int VOLUME_BLOCKS = 64;
  private static final int RUN_BLOCKS = 32;
  private static final int POLLS_MAX = 10_000;
  private static final StoreOptions LEAN =
      new StoreOptions(
          128 << 10,
          64 << 10,
          0,
          1 << 20,
          16 << 10,
          32 << 10,
          2_000_000,
          4,
          2L << 20,
          Tuning.defaults());

  /** How it was left. */
  enum End {
    CLOSED,
    CRASHED
  }

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[Bytes.PAGE]);

  private final byte[] image;
  private final FlatStorage disk;
  private final Map<Long, byte[]> volumes = new HashMap<>();
  private final MemorySegment run = Arena.ofAuto().allocate(RUN_BLOCKS * 4096L);
  private final End end;
  private int errno;
  private boolean answered;

  long flips;
  long served;
  long eios;
  long refusals;

  FlippedBits(End end) {
    this.end = end;
    Bench bench = Bench.of(SEGMENTS, LEAN);
    history(bench);
    if (end == End.CLOSED) {
      bench.close();
      bench.disk.kill();
    } else {
      // A commit that comes after a quiet second vouches for all before it.
      bench.rest(3);
      bench.disk.crash();
    }
    image = new byte[SEGMENTS * SEGMENT_BYTES];
    for (int page = 0; page < image.length / Bytes.PAGE; page++) {
      System.arraycopy(bench.disk.page(page), 0, image, page * Bytes.PAGE, Bytes.PAGE);
    }
    disk = new FlatStorage(image);
  }

  /** Overwrites, snapshots, clones and discards, on both sides of a checkpoint. */
  private void history(Bench bench) {
    long volume = bench.volume("disk", VOLUME_BLOCKS * 4096L);
    for (int i = 0; i < 16; i++) {
      bench.fill(volume, i, 1, i + 1);
    }
    long base = bench.snapshot("base", volume);
    bench.fill(volume, 6, 6, 50);
    bench.zero(volume, 4096 * 13, 4096 * 2);
    bench.closeAndOpen();
    long clone = bench.clone("clone", base);
    long untouched = bench.clone("untouched", base);
    bench.fill(clone, 0, 3, 60);
    bench.zero(clone, 4096 * 8, 4096 * 40);
    bench.fill(volume, 50, 6, 70);
    bench.fill(volume, 51, 2, 71);
    bench.zero(volume, 4096 * 9 + 512, 1024);
    bench.flush(volume);
    for (long id : new long[] {volume, clone, untouched}) {
      volumes.put(id, bench.read(id, 0, VOLUME_BLOCKS * 4096));
    }
  }

  /** Pages of zeros are in no use: they are told from all else by a magic or a checksum. */
  boolean inUse(int at) {
    int page = at / Bytes.PAGE * Bytes.PAGE;
    return MemorySegment.mismatch(
            MemorySegment.ofArray(image), page, page + Bytes.PAGE, ZEROS, 0, Bytes.PAGE)
        >= 0;
  }

  /** Throws when anything is read that was not written. */
  void flip(int at) {
    int bit = (at * 0x9E3779B9) >>> 29;
    disk.flip(at, bit);
    try {
      open(at);
      flips++;
    } finally {
      disk.flip(at, bit);
    }
  }

  private void open(int flipped) {
    disk.reset();
    Store store = Store.open(disk, Bench.stoppedClock(), LEAN);
    for (int i = 0; i < POLLS_MAX && store.state() == StoreState.RECOVERING; i++) {
      store.poll(this);
    }
    switch (store.state()) {
      case SERVING -> volumes.forEach((id, data) -> read(store, id, data, flipped));
      case DAMAGED -> {
        require(!store.reason().isEmpty(), flipped, "it is refused without a reason");
        refusals++;
      }
      default -> require(false, flipped, "it is " + store.state());
    }
  }

  /** Many blocks at once, and one by one where something is damaged. */
  private void read(Store store, long id, byte[] expected, int flipped) {
    for (int first = 0; first < VOLUME_BLOCKS; first += RUN_BLOCKS) {
      if (!isServed(store, id, first, RUN_BLOCKS, expected, flipped)) {
        for (int i = first; i < first + RUN_BLOCKS; i++) {
          eios += isServed(store, id, i, 1, expected, flipped) ? 0 : 1;
        }
      }
    }
  }

  private boolean isServed(
      Store store, long id, int first, int count, byte[] expected, int flipped) {
    MemorySegment into = run.asSlice(0, count * 4096L);
    answered = false;
    store.read(id, first * 4096L, into, 1);
    for (int polls = 0; !answered; polls++) {
      require(polls < POLLS_MAX, flipped, "a read has no end");
      store.poll(this);
    }
    require(errno == 0 || errno == Errno.EIO, flipped, "errno " + errno);
    if (errno == 0) {
      long at =
          MemorySegment.mismatch(
              MemorySegment.ofArray(expected),
              first * 4096L,
              (first + count) * 4096L,
              into,
              0,
              count * 4096L);
      require(at < 0, flipped, "volume %x reads other bytes at block %d".formatted(id, first));
      served += count;
    }
    return errno == 0;
  }

  private void require(boolean holds, int flipped, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(
          "%s store, byte %d (segment %d page %d) flipped: %s"
              .formatted(
                  end,
                  flipped,
                  flipped / SEGMENT_BYTES,
                  flipped % SEGMENT_BYTES / Bytes.PAGE,
                  otherwise));
    }
  }

  @Override
  public void answered(long tag, int result) {
    answered = true;
    errno = result;
  }

  @Override
  public void commanded(long tag, CommandResult result) {
    throw new IllegalStateException("no command was given");
  }

  /**
   * Flips a bit of each byte in use, or of every Nth from {@code first} on; tells what came of it.
   */
  FlippedBits all(int first, int every) {
    for (int at = first; at < image.length; at += every) {
      if (inUse(at)) {
        flip(at);
      }
    }
    return this;
  }

  @Override
  public String toString() {
    return "%s store: %d flips, %d blocks served, %d EIO, %d refusals"
        .formatted(end, flips, served, eios, refusals);
  }

  private String json() {
    return "{\"store\": \"%s\", \"flips\": %d, \"blocks_served\": %d, \"eio\": %d, \"refusals\": %d}"
        .formatted(end, flips, served, eios, refusals);
  }

  /** Exits with 1 when other bytes were served than were written. */
  public static void main(String[] args) throws IOException {
    int every = 1;
    Path json = null;
    for (int i = 0; i + 1 < args.length; i += 2) {
      switch (args[i]) {
        case "--every" -> every = Integer.parseInt(args[i + 1]);
        case "--json" -> json = Path.of(args[i + 1]);
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
    List<String> told = new ArrayList<>();
    for (End end : End.values()) {
      FlippedBits bits = new FlippedBits(end).all(0, every);
      System.out.println(bits);
      told.add(bits.json());
    }
    if (json != null) {
      Files.writeString(json, "[\n  " + String.join(",\n  ", told) + "\n]\n");
    }
  }
}
