package io.millrace.engine.core;

/**
 * A chunk of the maps in the checkpoint that stands: the leaves from one on, up to the next chunk's
 * first.
 *
 * @param layerId of the first leaf
 * @param leaf index of the first leaf
 * @param items how many leaves
 */
record MapChunk(long layerId, long leaf, int items, ChunkReference reference) {
  /** Whether this leaf comes before the chunk's first. */
  boolean isAfter(long otherLayerId, long otherLeaf) {
    return otherLayerId < layerId || (otherLayerId == layerId && otherLeaf < leaf);
  }
}
