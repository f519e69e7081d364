package io.millrace.engine.core;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the chunks of the maps that the standing checkpoint has, one at a time, and compares their
 * checksums: leaves that nobody asks for would otherwise be found damaged years later. Owner thread
 * only.
 */
final class MapScrub {
  private static final String WRONG =
      "a chunk of the block maps; `millrace store rebuild` mends it";

  private final Serving serving;
  private final MapPages pages;
  private final Map<ChunkReference, ScrubReport.Damaged> damaged = new LinkedHashMap<>();
  private List<MapChunk> chunks = List.of();
  private int next;
  private boolean reading;
  private @Nullable PageBuffer buffer;

  MapScrub(Serving serving) {
    this.serving = serving;
    pages = serving.namespace.pages;
  }

  /** Begins a pass over all that there are now. */
  void begin() {
    chunks = List.copyOf(pages.chunks());
    next = 0;
  }

  boolean reading() {
    return reading;
  }

  boolean ended() {
    return !reading && next >= chunks.size();
  }

  /** How much the next read takes; 0 when there is none. */
  long nextBytes() {
    return next < chunks.size() ? (long) chunks.get(next).reference().pages() * Bytes.PAGE : 0;
  }

  /** Reads the next chunk, unless a checkpoint has taken its place. */
  void readNext() {
    MapChunk chunk = chunks.get(next++);
    ChunkReference r = chunk.reference();
    if (!pages.stands(r)) {
      return;
    }
    SegmentTable table = serving.table;
    reading = true;
    table.readers[r.segment()]++;
    serving.disk.read(
        table.geometry.offset(r.segment(), r.page()),
        buffer().pages(0, r.pages()),
        errno -> {
          reading = false;
          table.readers[r.segment()]--;
          look(chunk, errno == 0 && pages.isGood(r, buffer()));
        });
  }

  private void look(MapChunk chunk, boolean good) {
    ChunkReference r = chunk.reference();
    if (good) {
      damaged.remove(r);
    } else if (pages.stands(r)) {
      damaged.put(r, new ScrubReport.Damaged(r.segment(), r.page(), chunk.layerId(), -1, WRONG));
    }
  }

  private PageBuffer buffer() {
    PageBuffer present = buffer;
    if (present == null) {
      present = pages.newBuffer();
      buffer = present;
    }
    return present;
  }

  /** What was found and still stands. */
  Collection<ScrubReport.Damaged> damaged() {
    damaged.keySet().removeIf(chunk -> !pages.stands(chunk));
    return damaged.values();
  }
}
