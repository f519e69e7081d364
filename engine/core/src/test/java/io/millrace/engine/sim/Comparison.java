package io.millrace.engine.sim;

import io.millrace.engine.core.StoreAudit;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Reads all that is in a store, and tells it; what can't be read at first is read block by block,
 * so that one lost block hides no other.
 */
final class Comparison implements Request.Reader {
  private static final int READ_SECTORS_MAX = 512;
  private static final long BLOCK_SECTORS = Medium.BLOCK_BYTES / Stamp.SECTOR_BYTES;

  private final Model model;
  private final Machine machine;
  private final Requests requests;
  private final Submitter submitter;
  private final Probes probes;
  private final Request.Reader reader;
  private final ArrayDeque<Range> again = new ArrayDeque<>();

  private record Range(View view, long from, long to) {}

  Comparison(
      Model model,
      Machine machine,
      Requests requests,
      Submitter submitter,
      Probes probes,
      Request.Reader reader) {
    this.model = model;
    this.machine = machine;
    this.requests = requests;
    this.submitter = submitter;
    this.probes = probes;
    this.reader = reader;
  }

  /** The snapshots are read by clones of them. */
  void run() {
    List<View> snapshots = model.usable(true);
    probes.insert(snapshots);
    for (View view : List.copyOf(model.views())) {
      boolean changes = view.nextSizeBytes != 0 || view.filler != null;
      boolean decided = view.created && !view.deleting && !changes;
      if (decided && view.readableId() != 0) {
        readAll(view);
      }
    }
    drain();
    while (!again.isEmpty()) {
      readBlocks(again.remove());
      drain();
    }
    StoreAudit.check(machine.store());
    probes.remove(snapshots);
  }

  @Override
  public void seen(View view, long sector, MemorySegment data, long invokedAt) {
    reader.seen(view, sector, data, invokedAt);
  }

  @Override
  public void lost(View view, long sector, long sectors) {
    if (sector / BLOCK_SECTORS == (sector + sectors - 1) / BLOCK_SECTORS) {
      reader.lost(view, sector, sectors);
    } else {
      again.add(new Range(view, sector, sector + sectors));
    }
  }

  /** Reads what was ever written, in runs, and a bit of what never was. */
  private void readAll(View view) {
    long end = view.sizeBytes / Stamp.SECTOR_BYTES;
    long from = 0;
    long to = 0;
    for (long first : view.writtenChunks()) {
      if (first != to || to - from >= READ_SECTORS_MAX) {
        read(view, from, Math.min(to, end));
        from = first;
      }
      to = first + View.CHUNK_SECTORS;
    }
    read(view, from, Math.min(to, end));
    read(view, Math.max(0, end - 8), end);
  }

  private void readBlocks(Range range) {
    for (long from = range.from; from < range.to; ) {
      long to = Math.min(range.to, (from / BLOCK_SECTORS + 1) * BLOCK_SECTORS);
      read(range.view, from, to);
      from = to;
    }
  }

  private void read(View view, long from, long to) {
    if (from < to) {
      submitter.read(view, from, (to - from) * Stamp.SECTOR_BYTES, this);
    }
  }

  private void drain() {
    machine.await("requests in flight", () -> requests.size() == 0);
  }
}
