package io.millrace.engine.sim;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A running hash of everything that crossed a seam; equal for two runs of one seed. */
final class Trace {
  private long hash = 0x6D696C6C72616365L;

  void fold(long value) {
    hash = Dice.mix(hash * 31 + value);
  }

  /** Folds every eighth word: enough to tell two contents apart, cheap enough for every write. */
  void fold(MemorySegment content) {
    long sum = 0;
    for (long at = 0; at + 8 <= content.byteSize(); at += 64) {
      sum = sum * 31 + content.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    }
    fold(sum);
  }

  long hash() {
    return hash;
  }
}
