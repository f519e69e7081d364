package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The staging of one opening: what the last process left in memory that outlives it, then the ring
 * of this one, in the same memory if there is any. Owner thread only.
 */
final class Staging {
  private final StagingMemory source;
  private final StoreOptions options;
  private Optional<MemorySegment> memory = Optional.empty();
  private @Nullable StagingRing left;
  private StagingReport report = StagingReport.NONE;

  /** Of an opening that nobody will write to. */
  static Staging none() {
    return new Staging(StagingMemory.NONE, StoreOptions.defaults());
  }

  Staging(StagingMemory source, StoreOptions options) {
    this.source = source;
    this.options = options;
  }

  StoreOptions options() {
    return options;
  }

  Tuning tuning() {
    return options.tuning();
  }

  /** Looks at what was left to the store; tells why it must not be opened without that. */
  Optional<String> open(Superblock superblock) {
    long bytes = shape(superblock).bytes();
    return switch (source.open(superblock.uuid(), bytes)) {
      case StagingMemory.Given.Nothing _ -> Optional.empty();
      case StagingMemory.Given.Unusable unusable -> Optional.of(unusable.reason());
      case StagingMemory.Given.Kept kept -> look(kept.memory(), superblock);
    };
  }

  private Optional<String> look(MemorySegment kept, Superblock superblock) {
    memory = Optional.of(kept);
    report = new StagingReport(true, 0, "");
    return switch (StagingRing.look(kept, stamp(superblock))) {
      case StagingRing.Found.Nothing _ -> Optional.empty();
      case StagingRing.Found.Staged found -> {
        left = found.ring();
        yield Optional.empty();
      }
      case StagingRing.Found.Stale stale -> {
        report = new StagingReport(true, 0, stale.reason());
        yield Optional.empty();
      }
      case StagingRing.Found.Refused refused -> Optional.of(refused.reason());
    };
  }

  /** What is to be taken into the log first. */
  Optional<StagingRing> left() {
    return Optional.ofNullable(left);
  }

  /** All that could be taken is in the log. */
  void taken(StagingReport what) {
    report = what;
    left().ifPresent(StagingRing::clear);
  }

  StagingReport report() {
    return report;
  }

  /** The ring of this opening, empty; what was left is gone. */
  StagingRing begin(Superblock opened, Arena arena) {
    StagingRing.Shape shape = shape(opened);
    MemorySegment given = memory.orElseGet(() -> arena.allocate(shape.bytes(), Bytes.PAGE));
    return StagingRing.begin(given, shape, stamp(opened));
  }

  private StagingRing.Shape shape(Superblock superblock) {
    return StagingRing.Shape.of(options, superblock.geometry());
  }

  private StagingRing.Stamp stamp(Superblock superblock) {
    return new StagingRing.Stamp(superblock.uuid(), source.boot(), superblock.epoch());
  }
}
