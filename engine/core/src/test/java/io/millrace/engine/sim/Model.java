package io.millrace.engine.sim;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a store may answer, kept beside it.
 *
 * <p>Every event has a number. An operation takes its place in the store's order somewhere between
 * the events of its invocation and its answer; a read may see every operation that no other surely
 * replaced (the register of Lamport, per sector). A crash cuts the order at one place for the whole
 * store, not before {@link #floor}, up to which everything was promised to be durable.
 */
final class Model {
  private final Map<String, View> views = new LinkedHashMap<>();
  private final Set<Op> inFlight = new LinkedHashSet<>();
  private final Set<Long> idsEverUsed = new LinkedHashSet<>();

  /** Objects whose deletion a damaged disk has lost: nobody uses them. */
  private final Set<String> returned = new LinkedHashSet<>();

  /** What a crash has left is known as far as this has seen it; null: it is settled. */
  private @Nullable CutSearch unsettled;

  private long events;
  private long operations;
  private long keys;
  private long floor;

  /** The number of a new event. */
  long event() {
    return ++events;
  }

  Collection<View> views() {
    return views.values();
  }

  /** Volumes, or snapshots, that may be used. */
  List<View> usable(boolean snapshots) {
    return views.values().stream()
        .filter(v -> v.created && !v.deleting && v.snapshot == snapshots)
        .toList();
  }

  @Nullable View named(String name) {
    return views.get(name);
  }

  long floor() {
    return floor;
  }

  Op invoke(View view, Op.Content content, long sector, long sectors) {
    long oldest = inFlight.isEmpty() ? Long.MAX_VALUE : inFlight.iterator().next().invokedAt;
    long now = event();
    Op op = new Op(++operations, content, now, Math.min(oldest, now));
    inFlight.add(op);
    view.apply(op, sector, sectors);
    return op;
  }

  /** An operation that was answered with an error may be there in part. */
  void answered(Op op, boolean well) {
    op.answeredAt = event();
    op.uncertain = !well;
    inFlight.remove(op);
  }

  /** A flush or a command that was invoked then has been answered well. */
  void durableUpTo(long invokedAt) {
    floor = Math.max(floor, invokedAt);
  }

  View invokeCreate(String name, boolean snapshot, @Nullable View source, long sizeBytes) {
    View view = new View(++keys, name, snapshot, source, event());
    view.sizeBytes = sizeBytes;
    views.put(name, view);
    return view;
  }

  void created(View view, long id) {
    if (!idsEverUsed.add(id)) {
      throw new Violation("id %x of %s was used before".formatted(id, view));
    }
    view.id = id;
    view.created = true;
    if (view.source != null) {
      view.copyFrom(view.source, view.createdAt);
      view.truncate();
    }
    durableUpTo(view.createdAt);
  }

  /**
   * All that the source holds is to be given to a volume that is blank.
   *
   * @param name of the volume; when there is none, it is made
   */
  View invokeFill(String name, View source) {
    View there = views.get(name);
    View view = there == null ? invokeCreate(name, false, source, source.sizeBytes) : there;
    view.filledAt = there == null ? view.createdAt : event();
    if (there == null) {
      view.acknowledgesWhenDurable = source.acknowledgesWhenDurable;
    }
    view.filler = source;
    source.deleting = true;
    return view;
  }

  void filled(View view, long id) {
    View source = Objects.requireNonNull(view.filler);
    if (!view.created) {
      created(view, id);
    } else if (view.id == id) {
      fill(view, source);
      durableUpTo(view.filledAt);
    } else {
      throw new Violation("%s was filled and has another id, %x".formatted(view, id));
    }
    view.filler = null;
    removed(source);
  }

  private static void fill(View view, View source) {
    view.copyFrom(source, view.filledAt);
    view.refilled = true;
  }

  /** It was refused: all is as it was. */
  void notFilled(View view) {
    Objects.requireNonNull(view.filler).deleting = false;
    view.filler = null;
    view.filledAt = 0;
    if (!view.created) {
      removed(view);
    }
  }

  /** Whether one volume is being given what another holds. */
  boolean fills() {
    return views.values().stream().anyMatch(v -> v.filler != null);
  }

  /** Gone, or never made. */
  void removed(View view) {
    views.remove(view.name);
  }

  /** Checks what a read saw that was invoked at the event {@code from}, and learns from it. */
  void checkRead(View view, long sector, MemorySegment data, long from) {
    CutSearch search = unsettled;
    if (search != null) {
      search.seen(view, sector, data, from);
      search.finish();
      return;
    }
    for (long at = 0; at < data.byteSize(); at += Stamp.SECTOR_BYTES, sector++) {
      Cell cell = view.cell(sector);
      long stamp = Stamp.operation(data, at, sector);
      Op only = cell.only();
      if (only != null && only.looksLike(stamp)) {
        continue;
      }
      List<Op> legal = cell.legal(from);
      Op seen = first(legal, stamp);
      if (seen == null) {
        throw new Violation(
            "%s sector %d: read %s; history: %s"
                .formatted(view, sector, Stamp.describe(data, at), cell));
      }
      if (legal.size() > 1 && legal.stream().allMatch(op -> op.answeredAt < from)) {
        view.put(sector, cell.pinned(seen, event()));
      }
    }
  }

  private static @Nullable Op first(List<Op> ops, long stamp) {
    for (Op op : ops) {
      if (op.looksLike(stamp)) {
        return op;
      }
    }
    return null;
  }

  /** The store is gone: what was not answered may have happened, in part. */
  void crashed() {
    for (Op op : List.copyOf(inFlight)) {
      answered(op, false);
    }
    for (View view : views.values()) {
      if (!view.created && view.source != null) {
        view.copyFrom(view.source, view.createdAt);
      }
      if (view.nextSizeBytes != 0 && view.nextSizeBytes < view.sizeBytes) {
        mayHaveLostItsEnd(view);
      }
      view.commands = 0;
      view.probeId = 0;
    }
  }

  /** A shrink that was not answered has perhaps zeroed what it would have cut off. */
  private void mayHaveLostItsEnd(View view) {
    Op op = new Op(++operations, Op.Content.NOTHING, view.resizeAt, view.resizeAt);
    op.answeredAt = event();
    op.uncertain = true;
    long sector = view.nextSizeBytes / Stamp.SECTOR_BYTES;
    view.apply(op, sector, view.sizeBytes / Stamp.SECTOR_BYTES - sector);
  }

  /**
   * Takes over which objects a recovered store has.
   *
   * @param found the ids and sizes of its objects by name
   * @param lenient the disk lied without a trace: objects may be gone, or back
   */
  void reconcile(Map<String, Found> found, boolean lenient) {
    for (View view : List.copyOf(views.values())) {
      View filler = view.filler;
      if (filler != null) {
        endFill(view, filler, found, lenient);
      }
      if (view.refilled && lenient) {
        // It may be blank again.
        removed(view);
        returned.add(view.name);
      }
    }
    if (lenient) {
      idsEverUsed.clear();
      found.values().forEach(object -> idsEverUsed.add(object.id()));
    }
    for (Map.Entry<String, Found> entry : found.entrySet()) {
      if (lenient && !views.containsKey(entry.getKey())) {
        returned.add(entry.getKey());
      }
      if (!returned.contains(entry.getKey())) {
        adopt(entry.getKey(), entry.getValue(), lenient);
      }
    }
    for (Iterator<View> all = views.values().iterator(); all.hasNext(); ) {
      View view = all.next();
      if (found.containsKey(view.name)) {
        continue;
      }
      if (view.created && !view.deleting && !lenient) {
        throw new Violation(view + " was made durable and is gone");
      }
      all.remove();
    }
  }

  /** A crash came before the answer: it was done, whole, or not at all. */
  private static void endFill(View view, View source, Map<String, Found> found, boolean lenient) {
    boolean done = !found.containsKey(source.name);
    if (!view.created) {
      if (found.containsKey(view.name) != done && !lenient) {
        throw new Violation(
            "%s, made of %s: %s"
                .formatted(view, source, done ? "neither is there" : "both are there"));
      }
    } else if (done) {
      fill(view, source);
    } else {
      view.standBeside(source);
      view.filledAt = 0;
      view.refilled = lenient;
    }
    view.filler = null;
  }

  private void adopt(String name, Found found, boolean lenient) {
    View view = views.get(name);
    if (view == null) {
      throw new Violation("%s is there, and was deleted or never made".formatted(name));
    }
    if (view.snapshot != found.snapshot() || (view.created && view.id != found.id())) {
      throw new Violation("%s is another object: %s".formatted(view, found));
    }
    if (!view.created && !idsEverUsed.add(found.id()) && !lenient) {
      throw new Violation("id %x of %s was used before".formatted(found.id(), view));
    }
    long bytes = found.sizeBytes();
    if (bytes != view.sizeBytes && bytes != view.nextSizeBytes) {
      if (lenient) {
        removed(view);
        returned.add(name);
        return;
      }
      throw new Violation("%s has %d bytes, not %d".formatted(view, bytes, view.sizeBytes));
    }
    view.id = found.id();
    view.created = true;
    view.deleting = false;
    view.sizeBytes = bytes;
    view.nextSizeBytes = 0;
    view.truncate();
  }

  /** An object of a store's catalog. */
  record Found(long id, boolean snapshot, long sizeBytes) {}

  /**
   * The search with which all of a recovered store is to be seen.
   *
   * @param keptAtLeast the cut is not before this event
   */
  CutSearch search(long keptAtLeast) {
    CutSearch begun = unsettled;
    return begun == null ? new CutSearch(keptAtLeast) : begun;
  }

  /** After a search: what was seen is all there is, and durable. */
  void settle(CutSearch search) {
    unsettled = null;
    search.settle();
    floor = event();
  }

  /**
   * After a search in which the store stopped, perhaps before all was seen: what the crash has
   * taken is not known everywhere. Nothing is changed in a store that has stopped, and what an
   * opening finds is durable; so its reads and the next openings go on with the search.
   */
  void leaveUnsettled(CutSearch search) {
    unsettled = search;
  }

  /** An upper bound of the 4 KiB blocks that are alive. */
  long mappedBlocks() {
    long blocks = 0;
    for (View view : new ArrayList<>(views.values())) {
      blocks += view.mappedBlocks();
    }
    return blocks;
  }
}
