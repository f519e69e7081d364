package io.millrace.engine.daemon.cli;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.Command;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.StoreError;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.storage.OfflineVolumes;
import io.millrace.engine.daemon.storage.RawImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A volume in the making. Its data are gathered in a volume of another name, which gives all that
 * it holds to the one that is wanted, in one step, when all are there: so a crash leaves nothing
 * that looks made.
 */
final class ImportedVolume {
  /** What an interrupted import leaves; the store's lock lets only one run at a time. */
  static final String SCRATCH = ".millrace-import";

  private static final int CHUNK_BYTES = 1 << 20;
  private static final int BLOCK_BYTES = 4096;
  private static final int SECTOR_BYTES = 512;
  private static final int PROGRESS_STEPS = 10;
  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[BLOCK_BYTES]);

  private final OfflineVolumes volumes;
  private final String name;
  private final Consumer<String> progress;
  private final MemorySegment chunk = Arena.ofAuto().allocate(CHUNK_BYTES, BLOCK_BYTES);
  private long dataBytes;

  ImportedVolume(OfflineVolumes volumes, String name, Consumer<String> progress) {
    this.volumes = volumes;
    this.name = name;
    this.progress = progress;
  }

  /** Bytes that are in blocks with something else than zeros. */
  long dataBytes() {
    return dataBytes;
  }

  /** Takes all of an image, in whole sectors. */
  Catalog.Volume take(RawImage image) throws IOException, CommandFailure {
    removeScratch();
    Catalog.Volume scratch =
        volume(volumes.run(Command.CreateVolume.empty(SCRATCH, sectors(image.sizeBytes()))));
    Command fill = new Command.FillVolume(name, scratch.id());
    try {
      Optional<StoreError> refusal = volumes.wouldRefuse(fill);
      if (refusal.isPresent()) {
        throw failure(refusal.get());
      }
      copy(image, scratch.id());
      requireDone(volumes.flush(scratch.id()), "the last flush");
      return volume(volumes.run(fill));
    } finally {
      removeScratch();
    }
  }

  private static long sectors(long bytes) {
    return (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
  }

  private void removeScratch() {
    Optional<Catalog.Volume> left = volumes.catalog().volume(SCRATCH);
    if (left.isPresent()) {
      var _ = volumes.run(new Command.DeleteVolume(left.get().id()));
    }
  }

  private static Catalog.Volume volume(CommandResult result) throws CommandFailure {
    return switch (result) {
      case CommandResult.VolumeDone done -> done.volume();
      case CommandResult.Refused(StoreError error) -> throw failure(error);
      default -> throw new IllegalStateException("expected a volume, got " + result);
    };
  }

  private static CommandFailure failure(StoreError error) {
    int exitCode =
        switch (error) {
          case StoreError.InvalidArgument _ -> ExitCode.USAGE;
          case StoreError.NotFound _ -> ExitCode.NOT_FOUND;
          case StoreError.AlreadyExists _, StoreError.FailedPrecondition _ -> ExitCode.CONFLICT;
          case StoreError.NoSpace _ -> ExitCode.NO_SPACE;
          case StoreError.Stopped _ -> ExitCode.DAMAGED;
          case StoreError.Unavailable _ -> ExitCode.UNREACHABLE;
        };
    return new CommandFailure(exitCode, error.message());
  }

  // ---- data

  private void copy(RawImage image, long volume) throws IOException, CommandFailure {
    long bytes = image.sizeBytes();
    long step = 1;
    for (long at = 0; at < bytes; at += CHUNK_BYTES) {
      at = Math.max(at, image.nextData(at) / CHUNK_BYTES * CHUNK_BYTES);
      if (at < bytes) {
        int length = (int) Math.min(CHUNK_BYTES, bytes - at);
        // What is behind the end of the image, in its last sector, is zeros.
        chunk.fill((byte) 0);
        image.read(at, chunk.asSlice(0, length));
        write(volume, at, (int) sectors(length));
      }
      long position = Math.min(bytes, at + CHUNK_BYTES);
      if (position * PROGRESS_STEPS / bytes >= step) {
        step = position * PROGRESS_STEPS / bytes + 1;
        progress.accept(
            "at %s of %s, %s of data"
                .formatted(new ByteSize(position), new ByteSize(bytes), new ByteSize(dataBytes)));
      }
    }
  }

  /** Runs of blocks that are not all zeros. */
  private void write(long volume, long offset, int length) throws CommandFailure {
    int at = 0;
    while (at < length) {
      int first = at;
      while (at < length && !isZero(at, length)) {
        at += BLOCK_BYTES;
      }
      int end = Math.min(at, length);
      if (end > first) {
        int errno = volumes.write(volume, offset + first, chunk.asSlice(first, end - first));
        requireDone(errno, "a write at byte " + (offset + first));
        dataBytes += end - first;
      }
      at += BLOCK_BYTES;
    }
  }

  private boolean isZero(int at, int length) {
    int bytes = Math.min(BLOCK_BYTES, length - at);
    return MemorySegment.mismatch(chunk, at, at + bytes, ZEROS, 0, bytes) < 0;
  }

  private void requireDone(int errno, String what) throws CommandFailure {
    if (errno == Errno.ENOSPC) {
      throw new CommandFailure(
          ExitCode.NO_SPACE,
          "the store is full after %s of data; nothing was imported"
              .formatted(new ByteSize(dataBytes)));
    }
    if (errno != 0) {
      throw new CommandFailure(
          ExitCode.DAMAGED,
          "%s failed with errno %d %s".formatted(what, errno, volumes.reason()).strip());
    }
  }
}
