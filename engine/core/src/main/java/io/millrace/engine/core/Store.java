package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A log-structured store of volumes, snapshots and clones on one {@link Storage}.
 *
 * <p>A deterministic state machine: every method is for the owner thread only and returns at once;
 * ends are told by {@link #poll} alone, never from inside a request. The memory of a request stays
 * the caller's and must be valid until its answer. Tags are opaque. A data request allocates
 * nothing.
 */
public final class Store {
  private final Clock clock;
  private final StoreOptions options;
  private final Arena arena = Arena.ofAuto();
  private final Health health = new Health();
  private final AnswerQueue answers = new AnswerQueue();
  private final Disk disk;
  private final Recovery recovery;
  private final long openedNanos;
  private long recoveryNanos;
  private @Nullable Serving serving;
  private Watcher watcher = Watcher.NONE;
  private @Nullable String damage;

  private Store(Storage storage, Clock clock, Staging staging, Recovery.Manner manner) {
    this.clock = clock;
    disk = new Disk(storage, health);
    recovery = new Recovery(disk, arena, storage.sizeBytes(), staging, manner);
    options = staging.options();
    openedNanos = clock.nanos();
  }

  /** Lays out an empty store; poll the result until it is done. */
  public static Formatting format(Storage storage, Clock clock, FormatOptions options) {
    return new Formatting(storage, clock, options);
  }

  /** Looks at what a disk holds, without a change; poll the result until it is done. */
  public static DiskLook look(Storage storage) {
    return new DiskLook(storage);
  }

  /** Begins recovery; {@link #poll} until {@link #state} is no longer RECOVERING. */
  public static Store open(Storage storage, Clock clock, StoreOptions options) {
    return open(storage, clock, options, StagingMemory.NONE);
  }

  /** The same; what was answered outlives this process in that memory. */
  public static Store open(
      Storage storage, Clock clock, StoreOptions options, StagingMemory memory) {
    return new Store(storage, clock, new Staging(memory, options), Recovery.Manner.OPEN);
  }

  /**
   * Like {@link #open}, for a store whose maps are damaged: it makes them anew from the commits.
   * They are on the disk once a checkpoint is, which {@link #close} writes.
   */
  public static Store rebuild(
      Storage storage, Clock clock, StoreOptions options, StagingMemory memory) {
    return new Store(storage, clock, new Staging(memory, options), Recovery.Manner.REBUILD);
  }

  /** What the store can do now. */
  public StoreState state() {
    if (damage != null) {
      return StoreState.DAMAGED;
    }
    if (health.stopped()) {
      return StoreState.STOPPED;
    }
    Serving s = serving;
    if (s == null) {
      return StoreState.RECOVERING;
    }
    return s.closed() ? StoreState.CLOSED : StoreState.SERVING;
  }

  /** Why it is STOPPED or DAMAGED; empty otherwise. */
  public String reason() {
    return damage != null ? damage : health.reason();
  }

  /**
   * Reads {@code into.byteSize()} bytes of a volume or a snapshot. Offset and length are multiples
   * of 512; beyond the end: EINVAL; damaged: EIO.
   */
  public void read(long id, long offset, MemorySegment into, long tag) {
    Snapshot snapshot = snapshotOf(id);
    if (snapshot != null) {
      if (fits(snapshot.sizeBytes(), offset, into.byteSize(), tag)) {
        require().reader.read(snapshot, offset, into, tag);
      }
      return;
    }
    Volume volume = volumeOf(id, offset, into.byteSize(), tag);
    if (volume != null) {
      require().reader.read(volume, offset, into, tag);
    }
  }

  /**
   * Which parts of a volume or snapshot have data or have changed, as {@link Extents}; what was
   * answered after the last flush may not be seen. ENOENT: one of them is gone.
   *
   * @param into has room for an extent at least
   */
  public void extents(ExtentQuery query, MemorySegment into, long tag) {
    Snapshot snapshot = snapshotOf(query.id());
    boolean taken =
        snapshot != null
            ? fits(snapshot.sizeBytes(), query.offset(), query.lengthBytes(), tag)
            : volumeOf(query.id(), query.offset(), query.lengthBytes(), tag) != null;
    if (taken) {
      require().extents.read(query, into, tag);
    }
  }

  /** Writes all of {@code from}; answered when staged, in the order of the log. */
  public void write(long volumeId, long offset, MemorySegment from, long tag) {
    Volume volume = volumeOf(volumeId, offset, from.byteSize(), tag);
    if (volume != null) {
      require().writer.write(volume, offset, from, tag, clock.nanos());
    }
  }

  /** Makes the range read as zeros and frees its blocks (discard and write-zeroes). */
  public void zero(long volumeId, long offset, long length, long tag) {
    Volume volume = volumeOf(volumeId, offset, length, tag);
    if (volume != null) {
      require().writer.zero(volume, offset, length, tag, clock.nanos());
    }
  }

  /** Answered when every write that was answered before, of all volumes, is durable. */
  public void flush(long id, long tag) {
    if (snapshotOf(id) != null || volumeOf(id, 0, 0, tag) != null) {
      require().flush(tag);
    }
  }

  /** Changes the catalog; answered by {@link Answers#commanded} when durable. */
  public void command(Command command, long tag) {
    StoreError refusal = refusal();
    if (refusal != null) {
      answers.add(tag, new CommandResult.Refused(refusal));
    } else {
      require().commander.take(command, tag);
    }
  }

  /** Why that command would be refused if it were given now; empty when it would not. */
  public Optional<StoreError> wouldRefuse(Command command) {
    StoreError refusal = refusal();
    return refusal != null ? Optional.of(refusal) : require().commander.wouldRefuse(command);
  }

  /** Flushes and checkpoints; refuses new requests from now on; answered when CLOSED. */
  public void close(long tag) {
    Serving s = serving;
    if (s == null || s.closing()) {
      answers.add(tag, Errno.ESHUTDOWN);
    } else {
      s.close(tag);
    }
  }

  /**
   * Takes the disk's completions, commits, cleans, checkpoints, and tells {@code answers} what has
   * ended.
   *
   * @return nanoseconds until it wants to be polled again; {@link Long#MAX_VALUE}: only on events
   */
  public long poll(Answers to) {
    long wait;
    try {
      disk.drain();
      wait = serving == null ? recover() : require().poll();
    } catch (MapPages.Damaged damaged) {
      // Whoever needs a leaf has it brought before he changes anything: what is there can be read.
      health.stop(damaged.reason());
      wait = 0;
    }
    answers.deliver(to);
    // After that: who was answered may have asked for more, and need not wait for what begins.
    disk.submit();
    return wait;
  }

  /** The volumes and snapshots as of now. */
  public Catalog catalog() {
    Serving s = serving;
    return s == null ? new Catalog(List.of(), List.of()) : s.namespace.view();
  }

  /** Of the volume as commands have left it; none when there is no such volume. */
  public Limits limits(long volumeId) {
    Volume volume = known(volumeId);
    return volume == null ? Limits.NONE : volume.limits;
  }

  /** Another number than before when the limits of some volume may have changed. */
  public long limitChanges() {
    Serving s = serving;
    return s == null ? -1 : s.namespace.limitChanges();
  }

  /** Sets how fast and how often the store is scrubbed; without it never. Once SERVING. */
  public void scrub(ScrubSchedule schedule) {
    require().scrubber.schedule(schedule);
  }

  /** Begins a pass unless one is under way; false when the schedule has no rate. */
  public boolean startScrub() {
    Serving s = serving;
    return s != null && s.scrubber.start();
  }

  /** What scrubbing has come to. */
  public ScrubReport scrubReport() {
    Serving s = serving;
    return s == null ? ScrubReport.NONE : s.scrubber.report();
  }

  /** The names of the volumes and snapshots that read a damaged block. */
  public List<String> readersOf(ScrubReport.Damaged damaged) {
    Serving s = serving;
    long place = Location.of(damaged.segment(), damaged.page());
    if (s == null || damaged.block() < 0) {
      return List.of();
    }
    try {
      return new MapSearch(s.namespace).readers(damaged.block(), place);
    } catch (MapPages.Damaged maps) {
      return List.of("unknown: " + maps.reason());
    }
  }

  /** Counters since the opening. */
  public StoreStats stats() {
    Serving s = serving;
    return s == null ? StoreStats.NONE : s.stats();
  }

  /** What goes up and down, as of now. */
  public StoreLevels levels() {
    Serving s = serving;
    return s == null ? StoreLevels.NONE : s.levels();
  }

  /** Nanoseconds for which writes of the volume have waited for room since the opening. */
  public long stalledNanos(long volumeId) {
    Volume volume = known(volumeId);
    return volume == null ? 0 : volume.stall.nanos(require().now());
  }

  /** Writes of the volume that wait for room now. */
  public int stalledWrites(long volumeId) {
    Volume volume = known(volumeId);
    return volume == null ? 0 : volume.stall.writes();
  }

  private @Nullable Volume known(long volumeId) {
    Serving s = serving;
    return s == null ? null : s.namespace.volumes.get(volumeId);
  }

  /** From now on it is told of what takes long. */
  public void watch(Watcher by) {
    watcher = by;
    Serving s = serving;
    if (s != null) {
      s.watcher = by;
    }
  }

  /** Identity and room; valid once no longer RECOVERING. */
  public StoreInfo info() {
    Serving s = serving;
    return s == null ? StoreInfo.NONE : s.info(recoveryNanos);
  }

  /** How far the log is; only while it is served. */
  public Optional<LogPosition> logPosition() {
    Serving s = serving;
    return s == null ? Optional.empty() : Optional.of(s.logPosition());
  }

  /** Throws when the maps, the live bits and the layers do not agree; for tests. */
  void check() {
    Serving s = serving;
    if (s != null) {
      s.check();
    }
  }

  /** What is at work inside; for tests. */
  Serving serving() {
    return require();
  }

  private long recover() {
    if (damage == null && !health.stopped()) {
      recovery.pump();
    }
    Recovery.Loaded loaded = recovery.loaded();
    damage = recovery.damage().orElse(null);
    if (loaded == null && damage == null && health.stopped()) {
      damage = "it can't be recovered: " + health.reason();
    }
    if (loaded == null) {
      return Long.MAX_VALUE;
    }
    recoveryNanos = clock.nanos() - openedNanos;
    serving = new Serving(loaded, options, disk, health, clock, arena, answers);
    serving.watcher = watcher;
    return 0;
  }

  /** The volume, when the request can be taken; else it has been answered. */
  private @Nullable Volume volumeOf(long volumeId, long offset, long length, long tag) {
    Serving s = serving;
    if (s == null || s.closing()) {
      answers.add(tag, Errno.ESHUTDOWN);
      return null;
    }
    Volume volume = s.namespace.volumes.get(volumeId);
    if (volume == null) {
      answers.add(tag, Errno.ENOENT);
      return null;
    }
    return fits(volume.sizeBytes, offset, length, tag) ? volume : null;
  }

  /** The snapshot of that id, when requests are taken and there is one. */
  private @Nullable Snapshot snapshotOf(long id) {
    Serving s = serving;
    return s == null || s.closing() ? null : s.namespace.snapshots.get(id);
  }

  /** Whether the range is whole sectors within that size; else it has been answered. */
  private boolean fits(long sizeBytes, long offset, long length, long tag) {
    boolean fits =
        offset >= 0
            && length >= 0
            && (offset | length) % Bytes.SECTOR == 0
            && offset <= sizeBytes - length;
    if (!fits) {
      answers.add(tag, Errno.EINVAL);
    }
    return fits;
  }

  private @Nullable StoreError refusal() {
    Serving s = serving;
    if (s != null && s.closing() && !health.stopped()) {
      return new StoreError.Unavailable("the store is closing");
    }
    return switch (state()) {
      case SERVING -> null;
      case RECOVERING -> new StoreError.Unavailable("the store is recovering");
      case CLOSED -> new StoreError.Unavailable("the store is closed");
      case STOPPED, DAMAGED -> new StoreError.Stopped(reason());
    };
  }

  private Serving require() {
    Serving s = serving;
    if (s == null) {
      throw new IllegalStateException("the store is recovering");
    }
    return s;
  }
}
