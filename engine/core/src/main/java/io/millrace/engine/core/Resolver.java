package io.millrace.engine.core;

import org.jspecify.annotations.Nullable;

/** Finds where the newest version of a block is: in staging, on the disk, or nowhere. */
final class Resolver {
  /** What {@link #resolve} answers besides a location. */
  static final long ZEROS = -1;

  static final long STAGED = -2;

  /** A leaf is not in memory; {@link MapPages#fetch} brings it. */
  static final long MISSING = -3;

  /** So many layers are asked one by one; what is deeper is known by hints. */
  private static final int LAYERS_ASKED = 2;

  private final Committer committer;
  private final Namespace namespace;
  private int reference;
  private int crc;
  private @Nullable LayerMap missingMap;
  private long missingLeaf;

  Resolver(Committer committer, Namespace namespace) {
    this.committer = committer;
    this.namespace = namespace;
  }

  /**
   * A location (its checksum in {@link #crc}), ZEROS, STAGED (see {@link #reference}), or MISSING
   * (see {@link #missingMap}). Brings nothing in.
   */
  long resolve(Layer top, long address) {
    int asked = 0;
    for (@Nullable Layer layer = top; layer != null; layer = layer.parent) {
      if (asked++ == LAYERS_ASKED && layer.parent != null && committer.catalogSettled()) {
        return byHint(layer, address);
      }
      int staged = committer.find(layer, address);
      if (committer.zeroedSince(layer, address, staged)) {
        return ZEROS;
      }
      if (staged >= 0) {
        reference = staged;
        return STAGED;
      }
      long location = layer.map.look(address);
      if (location >= 0) {
        crc = layer.map.foundCrc();
        return location;
      }
      if (location == Location.WHITEOUT) {
        return ZEROS;
      }
      if (location == Location.UNKNOWN) {
        return missing(layer.map, address / Leaf.BLOCKS);
      }
    }
    return ZEROS;
  }

  private long missing(LayerMap map, long leaf) {
    missingMap = map;
    missingLeaf = leaf;
    return MISSING;
  }

  /** The same, but brings in what is missing, and so is never MISSING. */
  long resolveNow(Layer top, long address) {
    long found = resolve(top, address);
    while (found == MISSING) {
      int unused = missingMap().leaf(missingLeaf);
      found = resolve(top, address);
    }
    return found;
  }

  /** The map of the leaf that was missing last. */
  LayerMap missingMap() {
    return java.util.Objects.requireNonNull(missingMap);
  }

  /** The index of the leaf that was missing last. */
  long missingLeaf() {
    return missingLeaf;
  }

  /** When no record is on its way, nothing of a frozen layer is staged any more. */
  private long byHint(Layer frozen, long address) {
    long leaf = address / Leaf.BLOCKS;
    if (!namespace.hints.has(frozen, leaf)) {
      for (@Nullable Layer l = frozen; l != null; l = l.parent) {
        if (l.map.misses(leaf)) {
          return missing(l.map, leaf);
        }
      }
    }
    int owner = namespace.hints.owner(frozen, address);
    if (owner < 0) {
      return ZEROS;
    }
    Layer layer = namespace.byIndex(owner);
    long location = layer == null ? Location.NONE : layer.map.look(address);
    if (layer != null && location == Location.UNKNOWN) {
      return missing(layer.map, leaf);
    }
    if (layer == null || location < 0) {
      throw new IllegalStateException(
          "the hint for block %x of a layer is stale".formatted(address));
    }
    crc = layer.map.foundCrc();
    return location;
  }

  /** Whether the layer itself has the block, so that writing it again needs no more room. */
  boolean owns(Layer layer, long address) {
    return committer.find(layer, address) >= 0 || layer.map.find(address) >= 0;
  }

  /** The same, as far as it is known without bringing a leaf in. */
  boolean surelyOwns(Layer layer, long address) {
    return committer.find(layer, address) >= 0 || layer.map.look(address) >= 0;
  }

  int reference() {
    return reference;
  }

  int crc() {
    return crc;
  }
}
