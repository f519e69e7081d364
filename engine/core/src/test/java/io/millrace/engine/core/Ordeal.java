package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Does to a disk, of which nothing is known to be right, all that a daemon and the offline tools
 * would do. It must come to an end, and nothing may be thrown: a store is refused or it serves; a
 * block that is served is one that was written at its address, or zeros. One thread.
 *
 * <p>Blocks that a test writes begin with their address plus {@link #STAMP}.
 */
final class Ordeal implements Answers {
  static final long STAMP = 0x4D52_0000_0000L;
  private static final int POLLS_MAX = 20_000;
  private static final int BLOCKS_READ = 48;
  private static final int VOLUMES_READ = 6;
  private static final int SEGMENTS_DUMPED = 64;

  /** How a disk was taken. */
  enum Outcome {
    REFUSED,
    SERVED
  }

  private final StoreOptions options = StoreOptions.small().withCacheBytes(0);
  private final Map<Long, Integer> errnos = new HashMap<>();
  private final Map<Long, CommandResult> results = new HashMap<>();
  private final MemorySegment block = Arena.ofAuto().allocate(Bytes.PAGE, Bytes.PAGE);
  private final Store store;
  private long nanos;
  private long nextTag = 1;

  private Ordeal(Storage storage, StagingMemory staging) {
    store =
        Store.open(
            storage,
            new Clock() {
              @Override
              public long nanos() {
                return nanos;
              }

              @Override
              public long wallMillis() {
                return nanos / 1_000_000;
              }
            },
            options,
            staging);
  }

  /** Serves it, as a daemon. */
  static Outcome serve(Storage storage) {
    return serve(storage, StagingMemory.NONE);
  }

  /** Serves it, as a daemon that finds this of its predecessor. */
  static Outcome serve(Storage storage, StagingMemory staging) {
    Ordeal ordeal = new Ordeal(storage, staging);
    ordeal.awaitRecovery();
    if (ordeal.store.state() != StoreState.SERVING) {
      return Outcome.REFUSED;
    }
    ordeal.useEverything();
    return Outcome.SERVED;
  }

  /** Looks at it with the tools that only read. */
  static void examine(Storage storage) {
    int unused = Fsck.check(storage, true, (_, _) -> {}).findings().size();
    StoreDump dump = new StoreDump(storage, _ -> {});
    dump.overview();
    for (int segment = 0; segment < Math.min(dump.segments(), SEGMENTS_DUMPED); segment++) {
      dump.segment(segment);
    }
    if (StoreReader.open(storage) instanceof StoreReader.Opened.Recovered recovered) {
      export(recovered.reader());
    }
  }

  private static void export(StoreReader reader) {
    StoreReader.Content content =
        new StoreReader.Content() {
          @Override
          public void data(long offset, MemorySegment data) {
            for (long at = 0; at + Bytes.PAGE <= data.byteSize(); at += Bytes.PAGE) {
              requireOwn((offset + at) / Bytes.PAGE, data.get(ValueLayout.JAVA_LONG, at));
            }
          }

          @Override
          public void damaged(StoreReader.Damage damage) {
            int unused = damage.toString().length();
          }
        };
    reader.catalog().volumes().forEach(volume -> reader.read(volume, content));
    reader.catalog().snapshots().forEach(snapshot -> reader.read(snapshot, content));
  }

  private static void requireOwn(long block, long stamp) {
    if (stamp != 0 && stamp != STAMP + block) {
      throw new AssertionError("block %d was served with stamp %x".formatted(block, stamp));
    }
  }

  private void awaitRecovery() {
    for (int i = 0; store.state() == StoreState.RECOVERING; i++) {
      if (i == POLLS_MAX) {
        throw new AssertionError("recovery does not end");
      }
      poll();
    }
  }

  private void useEverything() {
    List<Catalog.Volume> volumes = store.catalog().volumes();
    volumes.stream().limit(VOLUMES_READ).forEach(this::useVolume);
    int i = 0;
    for (Catalog.Snapshot snapshot : store.catalog().snapshots()) {
      run(Command.CreateVolume.ofSnapshot("new clone " + i++, 0, snapshot.id()));
      run(new Command.DeleteSnapshot(snapshot.id()));
    }
    volumes.stream()
        .limit(VOLUMES_READ)
        .forEach(volume -> run(new Command.DeleteVolume(volume.id())));
    for (int polls = 0; polls < 200; polls++) {
      poll();
    }
    int unused = store.info().hashCode() ^ store.stats().hashCode();
    long tag = nextTag++;
    store.close(tag);
    await(tag);
  }

  private void useVolume(Catalog.Volume volume) {
    long blocks = Math.max(0, volume.sizeBytes() / Bytes.PAGE);
    for (long at = 0; at < Math.min(blocks, BLOCKS_READ); at++) {
      read(volume.id(), at);
    }
    if (blocks > 0) {
      read(volume.id(), blocks - 1);
      block.fill((byte) 0);
      block.set(ValueLayout.JAVA_LONG, 0, STAMP);
      long tag = nextTag++;
      store.write(volume.id(), 0, block, tag);
      await(tag);
    }
    run(new Command.CreateSnapshot("new of " + volume.id(), volume.id()));
    long tag = nextTag++;
    store.zero(volume.id(), 512, Math.clamp(volume.sizeBytes() - 512, 0, 1 << 22), tag);
    await(tag);
    tag = nextTag++;
    store.flush(volume.id(), tag);
    await(tag);
  }

  private void read(long volume, long at) {
    long tag = nextTag++;
    store.read(volume, at * Bytes.PAGE, block, tag);
    if (await(tag) == 0) {
      requireOwn(at, block.get(ValueLayout.JAVA_LONG, 0));
    }
  }

  private int await(long tag) {
    for (int i = 0; i < POLLS_MAX; i++) {
      Integer errno = errnos.remove(tag);
      if (errno != null) {
        return errno;
      }
      poll();
    }
    throw new AssertionError("a request is never answered");
  }

  private void run(Command command) {
    long tag = nextTag++;
    store.command(command, tag);
    @Nullable CommandResult result = results.remove(tag);
    for (int i = 0; result == null; i++) {
      if (i == POLLS_MAX) {
        throw new AssertionError("never answered: " + command);
      }
      poll();
      result = results.remove(tag);
    }
  }

  private void poll() {
    nanos += 1_000_000;
    store.poll(this);
  }

  @Override
  public void answered(long tag, int errno) {
    errnos.put(tag, errno);
  }

  @Override
  public void commanded(long tag, CommandResult result) {
    results.put(tag, result);
  }
}
