package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;

/**
 * How long an opening takes, and how much it reads, by how much data the store has: large stores on
 * a disk in memory that keeps no data, because an opening reads none.
 *
 * <p>Arguments: GiB, ascending. Prints a table, and what that makes on a disk of 125 MiB/s.
 */
final class OpenBench {
  private static final int SEGMENT_BYTES = 4 << 20;
  private static final int WRITE_BYTES = 1 << 20;
  private static final int DEPTH = 8;
  private static final int POLLS_PER_WRITE = 16;

  /** Behind the checkpoint, at least: half of what is usual between two. */
  private static final long LOG_BYTES = 512L << 20;

  private static final int OPENINGS = 5;
  private static final double DISK_BYTES_PER_SECOND = 125 << 20;

  private final Clock clock = new WallClock();
  private final StoreOptions options = StoreOptions.defaults();
  private final Random random = new Random(7);
  private final MemorySegment data = Arena.ofAuto().allocate(WRITE_BYTES, Bytes.PAGE);
  private final Map<Long, Integer> answers = new HashMap<>();
  private final ThinStorage disk;
  private long nextTag = 1;
  private Store store;

  private static final class WallClock implements Clock {
    @Override
    public long nanos() {
      return System.nanoTime();
    }

    @Override
    public long wallMillis() {
      return System.currentTimeMillis();
    }
  }

  private OpenBench(long bytes) {
    disk = new ThinStorage(bytes, SEGMENT_BYTES);
    Formatting formatting = Store.format(disk, clock, FormatOptions.of(new UUID(7, 7), 7).forced());
    while (!formatting.done()) {
      formatting.poll();
    }
    store = opened();
  }

  public static void main(String[] arguments) {
    long most = Long.parseLong(arguments[arguments.length - 1]) << 30;
    OpenBench bench = new OpenBench(most * 3 / 2 + (4L << 30));
    long volume = bench.volume(most);
    long written = 0;
    System.out.printf(
        "%8s %10s %12s %14s %22s%n",
        "GiB", "log MiB", "opening ms", "it reads MiB", "at 125 MiB/s ms");
    for (String argument : arguments) {
      long until = Long.parseLong(argument) << 30;
      bench.write(volume, written, until);
      bench.settle();
      bench.write(volume, 0, LOG_BYTES);
      written = until;
      bench.measure(argument);
    }
  }

  private Store opened() {
    disk.ended.clear();
    Store opening = Store.open(disk, clock, options);
    while (opening.state() == StoreState.RECOVERING) {
      opening.poll(this.answered());
    }
    if (opening.state() != StoreState.SERVING) {
      throw new IllegalStateException(opening.reason());
    }
    return opening;
  }

  private Answers answered() {
    return new Answers() {
      @Override
      public void answered(long tag, int errno) {
        answers.put(tag, errno);
      }

      @Override
      public void commanded(long tag, CommandResult result) {
        answers.put(tag, 0);
      }
    };
  }

  private long volume(long bytes) {
    long tag = nextTag++;
    store.command(Command.CreateVolume.empty("v", bytes), tag);
    await(tag);
    return store.catalog().volume("v").orElseThrow().id();
  }

  private void await(long tag) {
    while (!answers.containsKey(tag)) {
      store.poll(answered());
    }
    int errno = answers.remove(tag);
    if (errno != 0) {
      throw new IllegalStateException("errno " + errno);
    }
  }

  /** Until the last checkpoint is written. */
  private void settle() {
    while (!store.serving().checkpointer.idle()) {
      store.poll(answered());
    }
  }

  /** In any order of 1 MiB, so that the log is not the volume. */
  private void write(long volume, long from, long until) {
    int count = (int) ((until - from) / WRITE_BYTES);
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    ArrayDeque<Long> flying = new ArrayDeque<>();
    for (int i : order) {
      long tag = nextTag++;
      store.write(volume, from + (long) i * WRITE_BYTES, data, tag);
      flying.add(tag);
      // So that checkpoints keep up with a disk that takes no time.
      for (int polls = 0; polls < POLLS_PER_WRITE; polls++) {
        store.poll(answered());
      }
      while (flying.size() > DEPTH) {
        await(flying.remove());
      }
    }
    while (!flying.isEmpty()) {
      await(flying.remove());
    }
    long tag = nextTag++;
    store.flush(volume, tag);
    await(tag);
  }

  /** Each opening finds what the last process left when it was killed. */
  private void measure(String gib) {
    long logged = store.serving().loggedBytes() - store.serving().checkpointer.loggedBytesAtCut();
    long[] nanos = new long[OPENINGS];
    long read = 0;
    for (int i = 0; i < OPENINGS; i++) {
      disk.bytesRead = 0;
      long start = System.nanoTime();
      store = opened();
      nanos[i] = System.nanoTime() - start;
      read = disk.bytesRead;
    }
    java.util.Arrays.sort(nanos);
    double cpu = nanos[OPENINGS / 2] / 1e6;
    double transfer = read / DISK_BYTES_PER_SECOND * 1000;
    System.out.printf(
        "%8s %10d %12.0f %14.1f %22.0f%n",
        gib, logged >> 20, cpu, read / 1048576.0, cpu + transfer);
  }

  /** Keeps what an opening may read: heads, chunks, and of the newest segments the headers. */
  private static final class ThinStorage implements Storage {
    private static final int SEGMENTS_KEPT = 1500;

    private record End(long ticket, int errno) {}

    private final long sizeBytes;
    private final int segmentBytes;
    private final Map<Long, byte[]> chunks = new HashMap<>();
    private final Map<Long, Map<Long, byte[]>> headers = new HashMap<>();
    private final LinkedHashSet<Long> newest = new LinkedHashSet<>();
    private final ArrayDeque<End> ended = new ArrayDeque<>();
    long bytesRead;

    ThinStorage(long sizeBytes, int segmentBytes) {
      this.sizeBytes = sizeBytes;
      this.segmentBytes = segmentBytes;
    }

    @Override
    public long sizeBytes() {
      return sizeBytes;
    }

    @Override
    public void read(long offset, MemorySegment into, long ticket) {
      ended.add(new End(ticket, readNow(offset, into)));
    }

    @Override
    public int readNow(long offset, MemorySegment into) {
      bytesRead += into.byteSize();
      into.fill((byte) 0);
      for (long at = 0; at < into.byteSize(); at += Bytes.PAGE) {
        byte[] page = page((offset + at) / Bytes.PAGE);
        if (page != null) {
          MemorySegment.copy(MemorySegment.ofArray(page), 0, into, at, Bytes.PAGE);
        }
      }
      return 0;
    }

    private byte @org.jspecify.annotations.Nullable [] page(long page) {
      byte[] chunk = chunks.get(page);
      Map<Long, byte[]> segment = headers.get(page * Bytes.PAGE / segmentBytes);
      return chunk != null || segment == null ? chunk : segment.get(page);
    }

    @Override
    public void write(long offset, MemorySegment from, long ticket) {
      long segment = offset / segmentBytes;
      boolean isChunk = segment == 0 || Bytes.u64(from, 0) == Chunk.MAGIC;
      OptionalInt header =
          Bytes.u64(from, 0) == CommitHeader.MAGIC
              ? OptionalInt.of(CommitHeader.headerPages(from, 0))
              : OptionalInt.empty();
      if (!isChunk) {
        newest.remove(segment);
        newest.add(segment);
        headers.computeIfAbsent(segment, _ -> new HashMap<>());
        if (newest.size() > SEGMENTS_KEPT) {
          headers.remove(newest.removeFirst());
        }
      }
      long kept = isChunk ? from.byteSize() / Bytes.PAGE : header.orElse(0);
      for (long i = 0; i < from.byteSize() / Bytes.PAGE; i++) {
        long page = offset / Bytes.PAGE + i;
        chunks.remove(page);
        if (i < kept) {
          byte[] copy = new byte[Bytes.PAGE];
          MemorySegment.copy(from, i * Bytes.PAGE, MemorySegment.ofArray(copy), 0, Bytes.PAGE);
          keep(page, copy, isChunk);
        }
      }
      ended.add(new End(ticket, 0));
    }

    private void keep(long page, byte[] copy, boolean isChunk) {
      if (isChunk) {
        chunks.put(page, copy);
      } else {
        headers
            .computeIfAbsent(page * Bytes.PAGE / segmentBytes, _ -> new HashMap<>())
            .put(page, copy);
      }
    }

    @Override
    public void sync(long ticket) {
      ended.add(new End(ticket, 0));
    }

    @Override
    public void drain(Completions sink) {
      for (int left = ended.size(); left > 0; left--) {
        End end = ended.remove();
        sink.completed(end.ticket, end.errno);
      }
    }
  }
}
