package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A format under way: {@link #poll} it until {@link #done}. Owner thread only.
 *
 * <p>Writes both superblocks and both roots of an empty checkpoint, then syncs. Without force it
 * writes nothing to a disk that isn't blank. Never give a uuid twice: old commits of the same uuid
 * would look like the new store's.
 */
public final class Formatting {
  private final Storage storage;
  private final Clock clock;
  private final FormatOptions options;
  private final Health health = new Health();
  private final Disk disk;
  private final PageBuffer[] pages = new PageBuffer[2];
  private final Steps steps;
  private final DiskLook look;
  private @Nullable String failure;

  Formatting(Storage storage, Clock clock, FormatOptions options) {
    this.storage = storage;
    this.clock = clock;
    this.options = options;
    disk = new Disk(storage, health);
    Arena arena = Arena.ofAuto();
    for (int i = 0; i < pages.length; i++) {
      pages[i] = new PageBuffer(arena, Bytes.PAGE);
    }
    look = new DiskLook(storage);
    steps = new Steps(disk, this::begin);
  }

  /** Drains the storage and goes on. */
  public void poll() {
    if (!options.force() && !look.done()) {
      look.poll();
      return;
    }
    disk.drain();
    if (health.stopped()) {
      fail(health.reason());
    }
    steps.pump();
    disk.submit();
  }

  /** True when it has ended, well or not. */
  public boolean done() {
    return steps.ended();
  }

  /** Why it failed; empty when it went well. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  private void begin() {
    String bad = badGeometry();
    bad = bad == null && !options.force() ? taken() : bad;
    if (bad != null) {
      fail(bad);
    } else {
      write();
    }
  }

  private @Nullable String taken() {
    return switch (look.content()) {
      case BLANK -> null;
      case STORE -> "the disk holds a store already; force to overwrite it";
      case FOREIGN -> "the disk holds something else already; force to overwrite it";
      case UNREADABLE -> "the disk can't be read, so what it holds is not known";
    };
  }

  private @Nullable String badGeometry() {
    int bytes = options.segmentBytes();
    if (Integer.bitCount(bytes) != 1
        || bytes < Geometry.SEGMENT_BYTES_MIN
        || bytes > Geometry.SEGMENT_BYTES_MAX) {
      return "segment size %d is not a power of two from 64 KiB to 16 MiB".formatted(bytes);
    }
    long least = (long) Geometry.SEGMENTS_MIN * bytes;
    return storage.sizeBytes() >= least
        ? null
        : "the disk has %d bytes, a store of %d-byte segments needs %d"
            .formatted(storage.sizeBytes(), bytes, least);
  }

  private void write() {
    Superblock superblock =
        new Superblock(
            options.uuid(),
            options.secret(),
            1,
            storage.sizeBytes(),
            options.segmentBytes(),
            clock.wallMillis(),
            0,
            0);
    superblock.encode(pages[0]);
    Root.empty(superblock.epoch()).encode(pages[1], superblock.checksum());
    write(Geometry.SUPERBLOCK_A, 0);
    write(Geometry.SUPERBLOCK_B, 0);
    write(Geometry.ROOT_A, 1);
    write(Geometry.ROOT_B, 1);
    steps.then(() -> steps.syncThen(() -> {}));
  }

  private void write(int page, int from) {
    steps.write((long) page * Bytes.PAGE, pages[from].memory);
  }

  private void fail(String why) {
    failure = failure == null ? why : failure;
    steps.stop();
  }
}
