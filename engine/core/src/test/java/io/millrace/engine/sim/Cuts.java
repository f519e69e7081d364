package io.millrace.engine.sim;

/**
 * A range of places where a crash may have cut the store's order, both ends included: the operation
 * at the cut itself may be there in part.
 *
 * @param op what is then in the sector
 */
record Cuts(long low, long high, Op op) {
  boolean meets(long otherLow, long otherHigh) {
    return low <= otherHigh && otherLow <= high;
  }
}
