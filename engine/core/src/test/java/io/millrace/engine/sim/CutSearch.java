package io.millrace.engine.sim;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the place at which a crash cut the store's order, or shows that there is none: each sector
 * of the recovered store allows some places, all sectors together must leave one. What a sector was
 * once seen to hold it must hold whenever it is seen again.
 */
final class CutSearch implements Request.Reader {
  private final long floor;
  private final List<Ambiguous> ambiguous = new ArrayList<>();
  private final Map<Place, Op> seen = new LinkedHashMap<>();
  private final List<Place> lost = new ArrayList<>();
  private long low;
  private long high = Long.MAX_VALUE;
  private String lowBecause = "the last flush or command";
  private String highBecause = "nothing";

  CutSearch(long floor) {
    this.floor = floor;
    low = floor;
  }

  private record Place(View view, long sector) {}

  private record Ambiguous(Place place, List<Cuts> cuts) {}

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
      Place place = new Place(view, sector);
      Op before = seen.get(place);
      List<Cuts> cuts = before == null ? cell.cuts(stamp) : List.of();
      if (before == null ? cuts.isEmpty() : !before.looksLike(stamp)) {
        throw new Violation(
            "after the crash %s sector %d holds %s%s; history: %s"
                .formatted(
                    view,
                    sector,
                    Stamp.describe(data, at),
                    before == null ? "" : " and held " + before,
                    cell));
      }
      if (before == null) {
        place(place, cuts);
      }
    }
  }

  /** Until the others have decided, the first of some that look the same stands for all. */
  private void place(Place place, List<Cuts> cuts) {
    seen.put(place, cuts.getFirst().op());
    if (cuts.size() > 1) {
      ambiguous.add(new Ambiguous(place, cuts));
    } else {
      narrow(place, cuts.getFirst());
    }
  }

  /** Whatever it was: a block that can't be read tells nothing. */
  @Override
  public void lost(View view, long sector, long sectors) {
    for (long s = sector; s < sector + sectors; s++) {
      lost.add(new Place(view, s));
    }
  }

  /** Decides what can be, when a look at the store is over. */
  void finish() {
    for (int left = ambiguous.size() + 1; ambiguous.size() < left; ) {
      left = ambiguous.size();
      for (Ambiguous one : List.copyOf(ambiguous)) {
        decide(one);
      }
    }
  }

  private void decide(Ambiguous one) {
    List<Cuts> possible = one.cuts.stream().filter(c -> c.meets(low, high)).toList();
    if (possible.size() > 1) {
      return;
    }
    ambiguous.remove(one);
    narrow(one.place, possible.isEmpty() ? one.cuts.getFirst() : possible.getFirst());
  }

  private void narrow(Place place, Cuts cuts) {
    seen.put(place, cuts.op());
    if (cuts.low() > low) {
      low = cuts.low();
      lowBecause = because(place, cuts);
    }
    if (cuts.high() < high) {
      high = cuts.high();
      highBecause = because(place, cuts);
    }
    if (low > high) {
      throw new Violation(
          "no prefix: the cut is not before %d (%s) and not after %d (%s); promised up to %d"
              .formatted(low, lowBecause, high, highBecause, floor));
    }
  }

  private static String because(Place place, Cuts cuts) {
    return "%s sector %d is %s of %s"
        .formatted(place.view, place.sector, cuts.op(), place.view.cell(place.sector));
  }

  void settle() {
    seen.forEach((place, op) -> place.view.put(place.sector, op.settled));
    for (Place one : lost) {
      one.view.put(one.sector, one.view.cell(one.sector).unknown());
    }
  }
}
