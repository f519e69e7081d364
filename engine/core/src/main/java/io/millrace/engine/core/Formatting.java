package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A format under way: {@link #poll} it until {@link #done}. Owner thread only.
 *
 * <p>Writes both superblocks and both roots of an empty checkpoint, then syncs. Never give a uuid
 * twice: old commits of the same uuid would look like the new store's.
 */
public final class Formatting {
  private final Storage storage;
  private final Clock clock;
  private final FormatOptions options;
  private final Health health = new Health();
  private final Disk disk;
  private final PageBuffer[] pages = new PageBuffer[2];
  private int pending;
  private @Nullable Runnable next;
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
    next = this::look;
  }

  /** Drains the storage and goes on. */
  public void poll() {
    disk.drain();
    if (health.stopped()) {
      fail(health.reason());
    }
    while (pending == 0 && next != null) {
      Runnable step = next;
      next = null;
      step.run();
    }
  }

  /** True when it has ended, well or not. */
  public boolean done() {
    return next == null && pending == 0;
  }

  /** Why it failed; empty when it went well. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  private void look() {
    String bad = badGeometry();
    if (bad != null) {
      fail(bad);
      return;
    }
    read(Geometry.SUPERBLOCK_A, 0);
    read(Geometry.SUPERBLOCK_B, 1);
    next = this::write;
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
    if (!options.force() && (holdsStore(pages[0]) || holdsStore(pages[1]))) {
      fail("the disk holds a store already; force to overwrite it");
      return;
    }
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
    next = this::sync;
  }

  private void sync() {
    pending++;
    disk.sync(_ -> pending--);
  }

  private static boolean holdsStore(PageBuffer page) {
    return !(Superblock.decode(page) instanceof Superblock.Found.Absent);
  }

  private void read(int page, int into) {
    pending++;
    disk.read((long) page * Bytes.PAGE, pages[into].memory, _ -> pending--);
  }

  private void write(int page, int from) {
    pending++;
    disk.write((long) page * Bytes.PAGE, pages[from].memory, _ -> pending--);
  }

  private void fail(String why) {
    failure = failure == null ? why : failure;
    next = null;
  }
}
