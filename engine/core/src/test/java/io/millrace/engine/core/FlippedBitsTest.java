package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FlippedBitsTest {
  private static final int EVERY = 17;

  @ParameterizedTest
  @EnumSource
  void aFlippedBitAnywhereNeverGivesOtherBytes(FlippedBits.End end) {
    int first = (int) (System.nanoTime() % EVERY);
    System.out.println(end + ": every " + EVERY + "th byte from " + first);
    FlippedBits bits = new FlippedBits(end).all(first, EVERY);
    System.out.println(bits);
    assertTrue(bits.flips > 10_000, "too few flips: " + bits.flips);
    assertTrue(bits.served > 0 && bits.eios > 0 && bits.refusals > 0);
  }
}
