package io.millrace.engine.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the chunks of a checkpoint, several at a time, and has them loaded in the order of its
 * directory. Chunks that stand next to each other on the disk come with one call.
 */
final class CheckpointReader {
  private static final int RUN_PAGES_MAX = 256;

  /** Neighbours that a lane reads. */
  private record Run(PageByPage lane, List<ChunkReference> chunks) {}

  private final Steps steps;
  private final Geometry geometry;
  private final Checksum checksum;
  private final CheckpointLoader loader;
  private final Lanes lanes;
  private final Root root;
  private final CheckpointLoader.Maps maps;
  private final ArrayDeque<ChunkReference> left = new ArrayDeque<>();
  private final ArrayDeque<ChunkReference> listed = new ArrayDeque<>();
  private final List<Run> runs = new ArrayList<>();
  private boolean inDirectory = true;
  private Runnable whenLoaded = () -> {};
  private @Nullable ChunkReference chunk;
  private @Nullable String damage;

  CheckpointReader(Steps steps, Recovery.Work work) {
    this.steps = steps;
    maps = work.maps;
    geometry = work.table.geometry;
    checksum = work.checksum;
    loader = work.loader;
    lanes = work.lanes;
    root = work.root;
  }

  /** Loads all, or up to a damaged one, then takes that step. */
  void readThen(Runnable step) {
    whenLoaded = step;
    left.addAll(root.directory());
    goOn();
  }

  Optional<String> damage() {
    return Optional.ofNullable(damage);
  }

  /** The kind of the damaged chunk. */
  int damagedKind() {
    ChunkReference c = chunk;
    return c == null ? 0 : c.kind();
  }

  /** What is being loaded. */
  String where() {
    ChunkReference c = chunk;
    return c == null
        ? "checkpoint root"
        : "checkpoint %d, segment %d page %d".formatted(root.number(), c.segment(), c.page());
  }

  private void goOn() {
    passUnwanted();
    if (left.isEmpty() && inDirectory) {
      inDirectory = false;
      left.addAll(listed);
      passUnwanted();
    }
    PageByPage lane = left.isEmpty() ? null : lanes.take();
    while (lane != null && damage == null) {
      read(lane);
      passUnwanted();
      lane = left.isEmpty() ? null : lanes.take();
    }
    steps.then(runs.isEmpty() || damage != null ? whenLoaded : this::load);
  }

  private void passUnwanted() {
    while (!left.isEmpty() && !maps.wants(left.element().kind()) && fits(left.element())) {
      loader.pass(left.remove());
    }
  }

  private boolean fits(ChunkReference reference) {
    boolean fits = reference.fits(geometry);
    if (!fits) {
      damage =
          "checkpoint %d names a chunk of %d pages in segment %d page %d, which can't be"
              .formatted(root.number(), reference.pages(), reference.segment(), reference.page());
    }
    return fits;
  }

  private void read(PageByPage lane) {
    ChunkReference first = left.element();
    if (!fits(first)) {
      return;
    }
    List<ChunkReference> chunks = new ArrayList<>();
    int end = first.page();
    while (!left.isEmpty() && (chunks.isEmpty() || isNext(first, end, left.element()))) {
      end += left.element().pages();
      chunks.add(left.remove());
    }
    runs.add(new Run(lane, chunks));
    steps.readPages(lane, first.segment(), first.page(), end - first.page(), _ -> {});
  }

  private boolean isNext(ChunkReference first, int end, ChunkReference next) {
    return maps.wants(next.kind())
        && next.segment() == first.segment()
        && next.page() == end
        && next.fits(geometry)
        && end + next.pages() - first.page() <= RUN_PAGES_MAX;
  }

  private void load() {
    for (Run run : runs) {
      run.chunks.forEach(reference -> load(run.lane, reference));
      lanes.giveBack(run.lane);
    }
    runs.clear();
    goOn();
  }

  /** A page that could not be read is zeros, and the checksum wrong. */
  private void load(PageByPage lane, ChunkReference reference) {
    if (damage != null) {
      return;
    }
    chunk = reference;
    PageBuffer pages = new PageBuffer(lane.buffer.pages(reference.page(), reference.pages()));
    if (!Chunk.good(pages, checksum, reference)) {
      damage =
          "checkpoint %d is damaged: segment %d page %d"
              .formatted(root.number(), reference.segment(), reference.page());
      return;
    }
    loader.load(pages, reference);
    if (inDirectory) {
      listed.addAll(Chunk.references(pages));
    }
  }
}
