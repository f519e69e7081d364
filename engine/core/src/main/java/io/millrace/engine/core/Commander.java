package io.millrace.engine.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes commands in order: decides on the catalog as it is now, logs the records, answers when they
 * are durable. Held while a checkpoint takes its cut, or when there is no room for a record.
 */
final class Commander {
  private static final int RECORDS_BYTES_MAX = 1024;

  /** What to do about a command. */
  private sealed interface Plan {
    /** Nothing is changed. */
    record Refuse(StoreError error) implements Plan {}

    /** It is done already; answered when what did it is durable. */
    record Already(CommandResult result) implements Plan {}

    /** Log these, then answer with what is there. */
    record Log(List<Records> records, Supplier<CommandResult> result) implements Plan {}

    /** Zero what is beyond the new end first. */
    record Shrink(Volume volume, long sizeBytes) implements Plan {}
  }

  /** A command that waits; {@code shrunk} when the end of its volume has been zeroed. */
  private record Held(Command command, long tag, boolean shrunk) {}

  private final Serving serving;
  private final Namespace namespace;
  private final Committer committer;
  private final Durability durability;
  private final Space space;
  private final Health health;
  private final AnswerQueue answers;
  private final Clock clock;
  private final ArrayDeque<Held> queue = new ArrayDeque<>();
  private int shrinking;

  long clones;

  Commander(Serving s) {
    serving = s;
    namespace = s.namespace;
    committer = s.committer;
    durability = s.durability;
    space = s.space;
    health = s.health;
    answers = s.answers;
    clock = s.clock;
  }

  void take(Command command, long tag) {
    queue.add(new Held(command, tag, false));
  }

  /** Decides, and does nothing. */
  Optional<StoreError> wouldRefuse(Command command) {
    return plan(new Held(command, 0, false)) instanceof Plan.Refuse(StoreError error)
        ? Optional.of(error)
        : Optional.empty();
  }

  /** No command is half done. */
  boolean idle() {
    return shrinking == 0;
  }

  boolean waitsForRoom() {
    return !queue.isEmpty();
  }

  void pump(boolean hold, long nowNanos) {
    while (!queue.isEmpty() && !(hold && !health.stopped())) {
      Held first = queue.element();
      if (!health.stopped() && !committer.roomForRecords(RECORDS_BYTES_MAX, nowNanos)) {
        return;
      }
      queue.remove();
      execute(first);
    }
  }

  /** Nothing will ever make room again. */
  void giveUp() {
    while (!queue.isEmpty()) {
      long free = space.freeBlocks() * Bytes.PAGE;
      refuse(
          queue.remove().tag,
          new StoreError.NoSpace("no segment is free for the record", Bytes.PAGE, free));
    }
  }

  private void execute(Held held) {
    long tag = held.tag;
    if (health.stopped()) {
      refuse(tag, new StoreError.Stopped(health.reason()));
      return;
    }
    switch (plan(held)) {
      case Plan.Refuse p -> refuse(tag, p.error());
      case Plan.Already p -> durability.await(committer.sealAll(), tag, p.result());
      case Plan.Log p -> {
        committer.addRecords(p.records());
        durability.await(committer.sealAll(), tag, p.result().get());
      }
      case Plan.Shrink p -> shrink(p.volume(), p.sizeBytes(), held);
    }
  }

  private void refuse(long tag, StoreError error) {
    answers.add(tag, new CommandResult.Refused(error));
  }

  private void shrink(Volume volume, long sizeBytes, Held held) {
    long oldBytes = volume.sizeBytes;
    // To the end of the last block: then only the first block can fail to be read, and room for the
    // rest is kept before: nothing is zeroed of a volume that can't be shrunk.
    long zeroedBytes = (oldBytes + Bytes.PAGE - 1) / Bytes.PAGE * Bytes.PAGE - sizeBytes;
    shrinking++;
    volume.writableBytes = sizeBytes;
    serving.writer.zeroThen(
        volume,
        sizeBytes,
        zeroedBytes,
        serving.now(),
        errno -> {
          shrinking--;
          if (errno == 0) {
            queue.addFirst(new Held(held.command, held.tag, true));
          } else {
            volume.writableBytes = volume.sizeBytes;
            refuse(held.tag, shrinkFailed(volume, errno));
          }
        });
  }

  private StoreError shrinkFailed(Volume volume, int errno) {
    String message =
        errno == Errno.ENOSPC
            ? "volume %s can't be shrunk: no room to tell what lies beyond from zeros"
                .formatted(volume.name)
            : "volume %s can't be shrunk: zeroing its last block failed with errno %d"
                .formatted(volume.name, errno);
    return switch (errno) {
      case Errno.ENOSPC ->
          new StoreError.NoSpace(message, Bytes.PAGE, space.freeBlocks() * Bytes.PAGE);
      case Errno.ENOENT -> new StoreError.NotFound(message);
      default -> new StoreError.Stopped(health.stopped() ? health.reason() : message);
    };
  }

  // ---- decisions

  private Plan plan(Held held) {
    return switch (held.command) {
      case Command.CreateVolume c -> createVolume(c);
      case Command.DeleteVolume c -> deleteVolume(c);
      case Command.ResizeVolume c -> resizeVolume(c, held.shrunk);
      case Command.ChangeVolume c -> changeVolume(c);
      case Command.FillVolume c -> fillVolume(c);
      case Command.CreateSnapshot c -> createSnapshot(c);
      case Command.DeleteSnapshot c -> deleteSnapshot(c);
    };
  }

  private Plan createVolume(Command.CreateVolume c) {
    StoreError bad = badName(c.name());
    if (bad == null && c.sourceSnapshotId() != 0 && c.sourceVolumeId() != 0) {
      bad = new StoreError.InvalidArgument("volume %s: two sources".formatted(c.name()));
    }
    if (bad != null) {
      return new Plan.Refuse(bad);
    }
    Volume there = namespace.volumeNamed(c.name());
    if (there != null) {
      return sameVolume(c, there);
    }
    Snapshot snapshot = namespace.snapshots.get(c.sourceSnapshotId());
    Volume source = namespace.volumes.get(c.sourceVolumeId());
    if (c.sourceSnapshotId() != 0 && snapshot == null) {
      return notFound("source snapshot", c.sourceSnapshotId());
    }
    if (c.sourceVolumeId() != 0 && source == null) {
      return notFound("source volume", c.sourceVolumeId());
    }
    long sourceBytes =
        snapshot != null ? snapshot.sizeBytes() : source != null ? source.sizeBytes : 0;
    long size = c.sizeBytes() == 0 ? sourceBytes : c.sizeBytes();
    bad = badSize(c.name(), size, sourceBytes);
    bad = bad == null ? badLimits(c.name(), c.limits()) : bad;
    return bad != null ? new Plan.Refuse(bad) : newVolume(c, size, snapshot, source);
  }

  private Plan newVolume(
      Command.CreateVolume c, long size, @Nullable Snapshot snapshot, @Nullable Volume source) {
    java.util.ArrayList<Records> records = new java.util.ArrayList<>();
    long base = 0;
    if (snapshot != null) {
      base = snapshot.layer().id;
    } else if (source != null) {
      base = freeze(source, records);
    }
    long id = namespace.takeId();
    records.add(
        new Records.VolumeCreated(
            id,
            namespace.takeId(),
            base,
            size,
            clock.wallMillis(),
            c.sourceSnapshotId(),
            c.sourceVolumeId(),
            c.name(),
            flags(c.durable()),
            c.limits()));
    clones += base == 0 ? 0 : 1;
    return new Plan.Log(records, () -> volumeDone(id));
  }

  /** The layer that is the volume's content now; adds the record that freezes it if need be. */
  private long freeze(Volume volume, List<Records> records) {
    Layer top = volume.top;
    Layer parent = top.parent;
    if (!top.touched && parent != null && parent.names > 0) {
      return parent.id;
    }
    records.add(new Records.VolumeForked(volume.id, top.id, namespace.takeId()));
    return top.id;
  }

  private CommandResult volumeDone(long id) {
    Volume volume = namespace.volumes.get(id);
    if (volume == null) {
      throw new IllegalStateException("volume %x was just changed".formatted(id));
    }
    return new CommandResult.VolumeDone(volume.view());
  }

  private Plan sameVolume(Command.CreateVolume c, Volume there) {
    boolean same =
        there.sourceSnapshotId == c.sourceSnapshotId()
            && there.sourceVolumeId == c.sourceVolumeId()
            && (there.sizeBytes == c.sizeBytes() || c.sizeBytes() == 0);
    return same
        ? new Plan.Already(new CommandResult.VolumeDone(there.view()))
        : new Plan.Refuse(
            new StoreError.AlreadyExists(
                "volume %s exists with %d bytes, source snapshot %x, source volume %x"
                    .formatted(
                        there.name,
                        there.sizeBytes,
                        there.sourceSnapshotId,
                        there.sourceVolumeId)));
  }

  private Plan deleteVolume(Command.DeleteVolume c) {
    Volume volume = namespace.volumes.get(c.volumeId());
    return volume == null
        ? new Plan.Already(new CommandResult.Gone())
        : new Plan.Log(
            List.of(new Records.VolumeDeleted(volume.id, volume.top.id)), CommandResult.Gone::new);
  }

  private Plan resizeVolume(Command.ResizeVolume c, boolean shrunk) {
    Volume volume = namespace.volumes.get(c.volumeId());
    if (volume == null) {
      return notFound("volume", c.volumeId());
    }
    StoreError bad = badSize(volume.name, c.sizeBytes(), 0);
    if (bad != null) {
      return new Plan.Refuse(bad);
    }
    if (c.sizeBytes() >= volume.sizeBytes || shrunk) {
      return new Plan.Log(
          List.of(new Records.VolumeResized(volume.id, c.sizeBytes())),
          () -> volumeDone(volume.id));
    }
    return c.allowShrink()
        ? new Plan.Shrink(volume, c.sizeBytes())
        : new Plan.Refuse(
            new StoreError.FailedPrecondition(
                "volume %s has %d bytes: shrinking to %d must be allowed expressly"
                    .formatted(volume.name, volume.sizeBytes, c.sizeBytes())));
  }

  private Plan changeVolume(Command.ChangeVolume c) {
    Volume volume = namespace.volumes.get(c.volumeId());
    if (volume == null) {
      return notFound("volume", c.volumeId());
    }
    StoreError bad = badLimits(volume.name, c.limits());
    if (bad != null) {
      return new Plan.Refuse(bad);
    }
    return volume.durable == c.durable() && volume.limits.equals(c.limits())
        ? new Plan.Already(volumeDone(volume.id))
        : new Plan.Log(
            List.of(new Records.VolumeChanged(volume.id, flags(c.durable()), c.limits())),
            () -> volumeDone(volume.id));
  }

  private Plan fillVolume(Command.FillVolume c) {
    Volume source = namespace.volumes.get(c.sourceVolumeId());
    Volume there = namespace.volumeNamed(c.name());
    StoreError bad = badName(c.name());
    if (bad != null) {
      return new Plan.Refuse(bad);
    }
    if (source == null) {
      return notFound("source volume", c.sourceVolumeId());
    }
    String unfit = there == null ? "" : unfit(there, source);
    return unfit.isEmpty()
        ? fill(c.name(), there, source)
        : new Plan.Refuse(
            new StoreError.FailedPrecondition("volume %s %s".formatted(c.name(), unfit)));
  }

  private static String unfit(Volume there, Volume source) {
    if (there == source) {
      return "is the source itself";
    }
    if (there.sizeBytes < source.sizeBytes) {
      return "has %d bytes, %d are needed".formatted(there.sizeBytes, source.sizeBytes);
    }
    return there.isBlank() ? "" : "has been written to";
  }

  /** One list of records is one commit: there is no half of it. */
  private Plan fill(String name, @Nullable Volume there, Volume source) {
    java.util.ArrayList<Records> records = new java.util.ArrayList<>();
    long emptied = namespace.takeId();
    records.add(new Records.VolumeForked(source.id, source.top.id, emptied));
    if (there != null) {
      records.add(new Records.VolumeDeleted(there.id, there.top.id));
    }
    Volume model = there == null ? source : there;
    long id = there == null ? namespace.takeId() : there.id;
    records.add(
        new Records.VolumeCreated(
            id,
            namespace.takeId(),
            source.top.id,
            model.sizeBytes,
            model.createdUnixMillis,
            model.sourceSnapshotId,
            model.sourceVolumeId,
            name,
            flags(model.durable),
            model.limits));
    records.add(new Records.VolumeDeleted(source.id, emptied));
    return new Plan.Log(records, () -> volumeDone(id));
  }

  private static long flags(boolean durable) {
    return durable ? Records.FLAG_DURABLE : 0;
  }

  private Plan createSnapshot(Command.CreateSnapshot c) {
    StoreError bad = badName(c.name());
    if (bad != null) {
      return new Plan.Refuse(bad);
    }
    Snapshot there = namespace.snapshotNamed(c.name());
    if (there != null) {
      return there.volumeId() == c.volumeId()
          ? new Plan.Already(new CommandResult.SnapshotDone(there.view()))
          : new Plan.Refuse(
              new StoreError.AlreadyExists(
                  "snapshot %s exists, of volume %x".formatted(c.name(), there.volumeId())));
    }
    Volume volume = namespace.volumes.get(c.volumeId());
    return volume == null ? notFound("volume", c.volumeId()) : newSnapshot(c.name(), volume);
  }

  private Plan newSnapshot(String name, Volume volume) {
    java.util.ArrayList<Records> records = new java.util.ArrayList<>();
    long layer = freeze(volume, records);
    long id = namespace.takeId();
    Records.SnapshotCreated created =
        new Records.SnapshotCreated(
            id, volume.id, layer, volume.sizeBytes, clock.wallMillis(), name);
    records.add(created);
    Catalog.Snapshot view =
        new Catalog.Snapshot(id, name, volume.id, created.sizeBytes(), created.createdUnixMillis());
    return new Plan.Log(records, () -> new CommandResult.SnapshotDone(view));
  }

  private Plan deleteSnapshot(Command.DeleteSnapshot c) {
    Snapshot snapshot = namespace.snapshots.get(c.snapshotId());
    return snapshot == null
        ? new Plan.Already(new CommandResult.Gone())
        : new Plan.Log(
            List.of(new Records.SnapshotDeleted(snapshot.id(), snapshot.layer().id)),
            CommandResult.Gone::new);
  }

  private static Plan notFound(String what, long id) {
    return new Plan.Refuse(new StoreError.NotFound("no %s %016x".formatted(what, id)));
  }

  private static @Nullable StoreError badName(String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (name.chars().anyMatch(Character::isISOControl)) {
      return new StoreError.InvalidArgument("a name has no control characters, such as a new line");
    }
    return bytes >= 1 && bytes <= Records.NAME_BYTES_MAX
        ? null
        : new StoreError.InvalidArgument(
            "a name has 1 to %d bytes, this one has %d".formatted(Records.NAME_BYTES_MAX, bytes));
  }

  private static @Nullable StoreError badLimits(String name, Limits limits) {
    return limits
        .problem()
        .map(why -> new StoreError.InvalidArgument("volume %s: %s".formatted(name, why)))
        .orElse(null);
  }

  private static @Nullable StoreError badSize(String name, long size, long sourceBytes) {
    if (size <= 0 || size % Bytes.SECTOR != 0 || size > Bounds.VOLUME_BYTES_MAX) {
      return new StoreError.InvalidArgument(
          "volume %s: size %d is not a multiple of 512 between 512 and 1 PiB"
              .formatted(name, size));
    }
    return size >= sourceBytes
        ? null
        : new StoreError.InvalidArgument(
            "volume %s: size %d is below its source's %d".formatted(name, size, sourceBytes));
  }
}
