package io.millrace.engine.sim;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the place at which a crash cut the store's order, or shows that there is none: each sector
 * of the recovered store allows some places, all sectors together must leave one.
 */
final class CutSearch implements Request.Reader {
  private final long floor;
  private final List<Ambiguous> ambiguous = new ArrayList<>();
  private final List<Seen> seen = new ArrayList<>();
  private final List<Lost> lost = new ArrayList<>();
  private long low;
  private long high = Long.MAX_VALUE;
  private String lowBecause = "the last flush or command";
  private String highBecause = "nothing";

  CutSearch(long floor) {
    this.floor = floor;
    low = floor;
  }

  private record Ambiguous(View view, long sector, List<Cuts> cuts) {}

  private record Seen(View view, long sector, Op op) {}

  private record Lost(View view, long sector) {}

  /** An object that is there was created before the cut. */
  void observe(View view) {
    long since = Math.max(view.createdAt, view.filledAt);
    if (since > low) {
      low = since;
      lowBecause = view + " is there";
    }
  }

  @Override
  public void seen(View view, long sector, MemorySegment data, long invokedAt) {
    for (long at = 0; at < data.byteSize(); at += Stamp.SECTOR_BYTES, sector++) {
      Cell cell = view.cell(sector);
      long stamp = Stamp.operation(data, at, sector);
      Op only = cell.only();
      if (only != null && only.looksLike(stamp)) {
        continue;
      }
      List<Cuts> cuts = cell.cuts(stamp);
      if (cuts.isEmpty()) {
        throw new Violation(
            "after the crash %s sector %d holds %s; history: %s"
                .formatted(view, sector, Stamp.describe(data, at), cell));
      }
      if (cuts.size() > 1) {
        ambiguous.add(new Ambiguous(view, sector, cuts));
        continue;
      }
      narrow(view, sector, cuts.getFirst());
    }
  }

  /** Whatever it was: a block that can't be read tells nothing. */
  @Override
  public void lost(View view, long sector, long sectors) {
    for (long s = sector; s < sector + sectors; s++) {
      lost.add(new Lost(view, s));
    }
  }

  void finish() {
    for (int left = ambiguous.size() + 1; ambiguous.size() < left; ) {
      left = ambiguous.size();
      for (Ambiguous one : List.copyOf(ambiguous)) {
        decide(one);
      }
    }
    for (Ambiguous one : ambiguous) {
      seen.add(new Seen(one.view, one.sector, one.cuts.getFirst().op()));
    }
  }

  private void decide(Ambiguous one) {
    List<Cuts> possible = one.cuts.stream().filter(c -> c.meets(low, high)).toList();
    if (possible.size() > 1) {
      return;
    }
    ambiguous.remove(one);
    narrow(one.view, one.sector, possible.isEmpty() ? one.cuts.getFirst() : possible.getFirst());
  }

  private void narrow(View view, long sector, Cuts cuts) {
    seen.add(new Seen(view, sector, cuts.op()));
    if (cuts.low() > low) {
      low = cuts.low();
      lowBecause = because(view, sector, cuts);
    }
    if (cuts.high() < high) {
      high = cuts.high();
      highBecause = because(view, sector, cuts);
    }
    if (low > high) {
      throw new Violation(
          "no prefix: the cut is not before %d (%s) and not after %d (%s); promised up to %d"
              .formatted(low, lowBecause, high, highBecause, floor));
    }
  }

  private static String because(View view, long sector, Cuts cuts) {
    return "%s sector %d is %s of %s".formatted(view, sector, cuts.op(), view.cell(sector));
  }

  void settle() {
    for (Seen one : seen) {
      one.view.put(one.sector, one.op.settled);
    }
    for (Lost one : lost) {
      one.view.put(one.sector, one.view.cell(one.sector).unknown());
    }
  }
}
