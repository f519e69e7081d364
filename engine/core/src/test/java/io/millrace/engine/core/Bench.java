package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A store on a disk in memory, with calls that wait for their answer. */
final class Bench implements Answers {
  static final UUID STORE = new UUID(0x1234, 0x5678);
  private static final long SECRET = 0x5EC2E7;
  static final Checksum CHECKSUM = new Checksum(STORE, SECRET);
  private static final int POLLS_MAX = 100_000;

  final MemoryStorage disk;
  private StoreOptions options;
  private final Arena arena = Arena.ofAuto();
  private final Map<Long, Integer> errnos = new HashMap<>();
  private final Map<Long, CommandResult> results = new HashMap<>();
  private long nextTag = 1;
  private long nanos;
  private final Clock clock =
      new Clock() {
        @Override
        public long nanos() {
          return nanos;
        }

        @Override
        public long wallMillis() {
          return 1_000 + nanos / 1_000_000;
        }
      };
  private @Nullable Store store;
  private Runnable whenAnswered = () -> {};
  private StagingMemory staging = StagingMemory.NONE;

  private Bench(long bytes, StoreOptions options) {
    disk = new MemoryStorage(bytes);
    this.options = options;
  }

  /** From the next opening on. */
  void options(StoreOptions other) {
    options = other;
  }

  /** From the next opening on writes are staged there. */
  void stageIn(StagingMemory memory) {
    staging = memory;
  }

  static Clock stoppedClock() {
    return new Clock() {
      @Override
      public long nanos() {
        return 0;
      }

      @Override
      public long wallMillis() {
        return 0;
      }
    };
  }

  /** A formatted, open store of so many segments of 64 KiB. */
  static Bench ofSegments(int segments) {
    return of(segments, StoreOptions.small());
  }

  static Bench of(int segments, StoreOptions options) {
    return of(segments, 65536, options);
  }

  static Bench of(int segments, int segmentBytes, StoreOptions options) {
    Bench bench = new Bench((long) segments * segmentBytes, options);
    bench.format(new FormatOptions(STORE, SECRET, segmentBytes, false));
    bench.open();
    return bench;
  }

  void format(FormatOptions format) {
    Formatting formatting = Store.format(disk, clock, format);
    while (!formatting.done()) {
      formatting.poll();
    }
    if (formatting.failure().isPresent()) {
      throw new IllegalStateException(formatting.failure().get());
    }
  }

  void open() {
    Store opened = Store.open(disk, clock, options, staging);
    store = opened;
    for (int i = 0; i < POLLS_MAX && opened.state() == StoreState.RECOVERING; i++) {
      opened.poll(this);
    }
  }

  /** Opens with maps that are made anew. */
  void rebuild() {
    Store rebuilt = Store.rebuild(disk, clock, options, staging);
    store = rebuilt;
    for (int i = 0; i < POLLS_MAX && rebuilt.state() == StoreState.RECOVERING; i++) {
      rebuilt.poll(this);
    }
  }

  void close() {
    long tag = nextTag++;
    store().close(tag);
    errno(tag);
  }

  /** Polls a store that will perhaps never recover. */
  void tryToOpen() {
    Store opened = Store.open(disk, clock, options, staging);
    store = opened;
    for (int i = 0; i < 1000 && opened.state() == StoreState.RECOVERING; i++) {
      opened.poll(this);
    }
  }

  void crashAndOpen() {
    disk.crash();
    open();
  }

  void killAndOpen() {
    disk.kill();
    open();
  }

  void closeAndOpen() {
    close();
    open();
  }

  Store store() {
    Store s = store;
    if (s == null) {
      throw new IllegalStateException("not open");
    }
    return s;
  }

  long volume(String name, long bytes) {
    return volumeOf(run(Command.CreateVolume.empty(name, bytes)));
  }

  long clone(String name, long snapshot) {
    return volumeOf(run(Command.CreateVolume.ofSnapshot(name, 0, snapshot)));
  }

  long snapshot(String name, long volume) {
    return switch (run(new Command.CreateSnapshot(name, volume))) {
      case CommandResult.SnapshotDone done -> done.snapshot().id();
      case CommandResult other -> throw new AssertionError(other);
    };
  }

  static long volumeOf(CommandResult result) {
    return switch (result) {
      case CommandResult.VolumeDone done -> done.volume().id();
      case CommandResult other -> throw new AssertionError(other);
    };
  }

  CommandResult run(Command command) {
    long tag = nextTag++;
    store().command(command, tag);
    for (int i = 0; i < POLLS_MAX; i++) {
      CommandResult result = results.remove(tag);
      if (result != null) {
        return result;
      }
      poll();
    }
    throw new AssertionError("no answer to " + command);
  }

  /** All at once; the answers in the same order. */
  List<CommandResult> runAll(List<Command> commands) {
    long first = nextTag;
    nextTag += commands.size();
    for (int i = 0; i < commands.size(); i++) {
      store().command(commands.get(i), first + i);
    }
    List<CommandResult> answers = new ArrayList<>();
    for (long tag = first; tag < nextTag; tag++) {
      for (int i = 0; !results.containsKey(tag); i++) {
        if (i == POLLS_MAX) {
          throw new AssertionError("no answer to " + commands.get((int) (tag - first)));
        }
        poll();
      }
      answers.add(results.remove(tag));
    }
    return answers;
  }

  int write(long volume, long offset, byte[] data) {
    long tag = nextTag++;
    store().write(volume, offset, bytes(data), tag);
    return errno(tag);
  }

  /** Fills so many blocks from {@code block} on with the byte. */
  int fill(long volume, long block, int blocks, int value) {
    byte[] data = new byte[blocks * 4096];
    Arrays.fill(data, (byte) value);
    return write(volume, block * 4096, data);
  }

  int zero(long volume, long offset, long length) {
    long tag = nextTag++;
    store().zero(volume, offset, length, tag);
    return errno(tag);
  }

  int flush(long volume) {
    long tag = nextTag++;
    store().flush(volume, tag);
    return errno(tag);
  }

  byte[] read(long volume, long offset, int length) {
    MemorySegment into = arena.allocate(length);
    int errno = read(volume, offset, into);
    if (errno != 0) {
      throw new AssertionError("read failed with errno " + errno);
    }
    return into.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  int read(long volume, long offset, MemorySegment into) {
    long tag = nextTag++;
    store().read(volume, offset, into, tag);
    return errno(tag);
  }

  /** The byte that fills the block; fails when it is not filled with one. */
  int valueAt(long volume, long block) {
    byte[] data = read(volume, block * 4096, 4096);
    for (byte b : data) {
      if (b != data[0]) {
        throw new AssertionError("block " + block + " is not filled with one value");
      }
    }
    return data[0];
  }

  /** The page of the disk that holds a block filled with this byte. */
  long pageFilledWith(int value) {
    for (long page = 16; page < disk.sizeBytes() / 4096; page++) {
      byte[] data = disk.page(page);
      if (data[0] == value && data[2000] == value && data[4095] == value) {
        return page;
      }
    }
    throw new AssertionError("no page is filled with " + value);
  }

  MemorySegment bytes(byte[] data) {
    MemorySegment memory = arena.allocate(data.length);
    MemorySegment.copy(MemorySegment.ofArray(data), 0, memory, 0, data.length);
    return memory;
  }

  /** Submits without waiting. */
  long submit(java.util.function.LongConsumer request) {
    long tag = nextTag++;
    request.accept(tag);
    return tag;
  }

  int errno(long tag) {
    return errnoWithin(POLLS_MAX, tag)
        .orElseThrow(() -> new AssertionError("no answer to request " + tag));
  }

  /** Empty when there is no answer after so many polls. */
  OptionalInt errnoWithin(int polls, long tag) {
    for (int i = 0; i < polls; i++) {
      Integer errno = errnos.remove(tag);
      if (errno != null) {
        return OptionalInt.of(errno);
      }
      poll();
    }
    return OptionalInt.empty();
  }

  void poll() {
    nanos += 100_000;
    store().poll(this);
    if (disk.prepared > 0) {
      throw new AssertionError(disk.prepared + " calls were asked for and never submitted");
    }
  }

  /** The time, as the store's clock tells it. */
  long nanos() {
    return nanos;
  }

  /** Lets time pass, with a poll now and then. */
  void rest(long seconds) {
    for (int i = 0; i < 100 * seconds; i++) {
      nanos += 10_000_000;
      poll();
    }
  }

  /** Lets time pass until nothing that is deleted or hidden is left to be freed. */
  void restUntilReclaimed() {
    for (int seconds = 0; !store().serving().reclaimer.idle(); seconds++) {
      if (seconds == 1000) {
        throw new AssertionError("it goes on for ever");
      }
      rest(1);
    }
  }

  /** Lets the background work until nothing moves any more. */
  void settle() {
    for (int i = 0; i < 2_000; i++) {
      poll();
    }
  }

  /** Runs while the next answer is given. */
  void whenAnswered(Runnable then) {
    whenAnswered = then;
  }

  @Override
  public void answered(long tag, int errno) {
    errnos.put(tag, errno);
    Runnable then = whenAnswered;
    whenAnswered = () -> {};
    then.run();
  }

  @Override
  public void commanded(long tag, CommandResult result) {
    results.put(tag, result);
  }
}
