package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@link ExtentQuery}s from the maps alone, in steps of a leaf; what is staged is not seen.
 *
 * <p>What has changed since a snapshot is what any of the layers decides that the two do not have
 * in common: of a snapshot that the volume stands on these are the layers above it. Merges among
 * them move blocks between them and lose none; the layer of a snapshot, and one with two children,
 * is never merged into another. Waits for leaves that are not in memory. Owner thread only.
 */
final class ExtentReader {
  /** Leaves that are looked at for one query; a caller asks again for the rest. */
  private static final int LEAVES_MAX = 128;

  /**
   * Waits for a leaf of the layers, besides one for each of them: leaves that always leave again
   * before all have come are brought in together.
   */
  private static final int FETCHES_MAX = 8;

  private static final long LEAF_BYTES = (long) Leaf.BLOCKS * Bytes.PAGE;

  private final Namespace namespace;
  private final MapPages pages;
  private final AnswerQueue answers;
  private final ArrayDeque<Request> arrived = new ArrayDeque<>();
  private final long[] decided = new long[LayerMap.BITMAP_WORDS];
  private final long[] shown = new long[LayerMap.BITMAP_WORDS];
  private int active;

  ExtentReader(Serving s) {
    namespace = s.namespace;
    pages = s.namespace.pages;
    answers = s.answers;
  }

  boolean idle() {
    return active == 0;
  }

  /** The range is within what is asked for, and there is room for an extent. */
  void read(ExtentQuery query, MemorySegment into, long tag) {
    active++;
    Extents.clear(into);
    advance(new Request(query, into, tag));
  }

  /** Goes on with those whose leaf has come. */
  void pump() {
    for (int left = arrived.size(); left > 0; left--) {
      advance(arrived.remove());
    }
  }

  private void advance(Request r) {
    try {
      int errno = r.lost ? Errno.EIO : walk(r);
      if (errno != Request.WAITS) {
        active--;
        answers.add(r.tag, errno);
      }
    } catch (MapPages.Damaged damaged) {
      active--;
      answers.add(r.tag, Errno.EIO);
    }
  }

  private int walk(Request r) {
    Layer top = layerOf(r.query.id());
    Layer since = layerOf(r.query.sinceSnapshotId());
    if (top == null || (since == null && r.query.sinceSnapshotId() != 0)) {
      return Errno.ENOENT;
    }
    Layer common = since == null ? null : common(top, since);
    while (r.position < r.end && r.leaves < LEAVES_MAX) {
      long leaf = nextLeaf(top, since, common, r.position / LEAF_BYTES);
      long begin = leaf < 0 ? r.end : Math.clamp(leaf * LEAF_BYTES, r.position, r.end);
      if (begin > r.position && !r.add(begin - r.position, false)) {
        return 0;
      }
      if (begin < r.end) {
        if (fetchMissing(r, top, since, common, leaf)) {
          return Request.WAITS;
        }
        look(top, since, common, leaf);
        if (!r.addLeaf(leaf, shown)) {
          return 0;
        }
      }
    }
    return 0;
  }

  private @Nullable Layer layerOf(long id) {
    Volume volume = namespace.volumes.get(id);
    Snapshot snapshot = namespace.snapshots.get(id);
    return volume != null ? volume.top : snapshot != null ? snapshot.layer() : null;
  }

  /** The highest layer that both stand on, or are. */
  private static @Nullable Layer common(Layer a, Layer b) {
    int aDepth = depth(a);
    int bDepth = depth(b);
    @Nullable Layer fromA = a;
    @Nullable Layer fromB = b;
    while (fromA != null && fromB != null && fromA != fromB) {
      boolean stepA = aDepth >= bDepth;
      boolean stepB = bDepth >= aDepth;
      if (stepA) {
        fromA = fromA.parent;
        aDepth--;
      }
      if (stepB) {
        fromB = fromB.parent;
        bDepth--;
      }
    }
    return fromA == fromB ? fromA : null;
  }

  private static int depth(@Nullable Layer layer) {
    int depth = 0;
    for (@Nullable Layer l = layer; l != null; l = l.parent) {
      depth++;
    }
    return depth;
  }

  private static long nextLeaf(
      Layer top, @Nullable Layer since, @Nullable Layer common, long from) {
    long a = nextLeaf(top, common, from);
    long b = nextLeaf(since, common, from);
    return a < 0 || b < 0 ? Math.max(a, b) : Math.min(a, b);
  }

  /** Of the layers from one down to another, that one not counted. */
  private static long nextLeaf(@Nullable Layer top, @Nullable Layer end, long from) {
    long nearest = -1;
    for (@Nullable Layer l = top; l != null && l != end; l = l.parent) {
      long next = l.map.nextLeaf(from);
      if (next >= 0 && (nearest < 0 || next < nearest)) {
        nearest = next;
      }
    }
    return nearest;
  }

  /** Whether the request has to wait for one. */
  private boolean fetchMissing(
      Request r, Layer top, @Nullable Layer since, @Nullable Layer common, long leaf) {
    LayerMap missing = missing(top, common, leaf);
    missing = missing == null ? missing(since, common, leaf) : missing;
    if (missing == null || r.fetches >= FETCHES_MAX + depth(top) + depth(since)) {
      r.fetches = 0;
      return false;
    }
    r.fetches++;
    pages.fetch(missing, leaf, r);
    return true;
  }

  private static @Nullable LayerMap missing(@Nullable Layer top, @Nullable Layer end, long leaf) {
    for (@Nullable Layer l = top; l != null && l != end; l = l.parent) {
      if (l.map.misses(leaf)) {
        return l.map;
      }
    }
    return null;
  }

  /** Sets the bitmap to the blocks of the leaf that have data, or have changed. */
  private void look(Layer top, @Nullable Layer since, @Nullable Layer common, long leaf) {
    Arrays.fill(shown, 0);
    Arrays.fill(decided, 0);
    for (@Nullable Layer l = top; l != null && l != common; l = l.parent) {
      if (since == null) {
        l.map.see(leaf, decided, shown);
      } else {
        l.map.addDecided(leaf, shown);
      }
    }
    for (@Nullable Layer l = since; l != null && l != common; l = l.parent) {
      l.map.addDecided(leaf, shown);
    }
  }

  private final class Request implements MapPages.Arrival {
    static final int WAITS = -1;

    final ExtentQuery query;
    final long tag;
    final long end;
    private final MemorySegment into;
    long position;
    int leaves;
    int fetches;
    boolean lost;

    Request(ExtentQuery query, MemorySegment into, long tag) {
      this.query = query;
      this.into = into;
      this.tag = tag;
      position = query.offset();
      end = query.offset() + query.lengthBytes();
    }

    /** False when there is no room for it. */
    boolean add(long bytes, boolean set) {
      position += bytes;
      return Extents.add(into, bytes, set);
    }

    /** What of the range lies in this leaf, a bit for each block. */
    boolean addLeaf(long leaf, long[] bits) {
      leaves++;
      long leafEnd = Math.min(end, (leaf + 1) * LEAF_BYTES);
      while (position < leafEnd) {
        int block = (int) (position / Bytes.PAGE % Leaf.BLOCKS);
        boolean set = isSet(bits, block);
        int next = block + 1;
        while (next < Leaf.BLOCKS && isSet(bits, next) == set) {
          next++;
        }
        long runEnd = Math.min(leafEnd, leaf * LEAF_BYTES + (long) next * Bytes.PAGE);
        if (!add(runEnd - position, set)) {
          return false;
        }
      }
      return true;
    }

    private static boolean isSet(long[] bits, int block) {
      return ((bits[block >>> 6] >>> block) & 1) != 0;
    }

    @Override
    public void arrived(int errno) {
      lost = errno != 0;
      arrived.add(this);
    }
  }
}
