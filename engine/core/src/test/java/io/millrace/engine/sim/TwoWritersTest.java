package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two writers share a block of 4 KiB and each flushes sectors of its own: neither loses what it was
 * promised to the other, wherever the engine is killed, or the power fails and whatever the disk
 * keeps of what was on its way. The engine reads, merges and rewrites the block for each.
 */
final class TwoWritersTest {
  private static final int SECTOR = Stamp.SECTOR_BYTES;
  private static final int CRASH_POINTS_MIN = 20;

  /** In which order the two write and flush: 'a' and 'b' write, 'A' and 'B' flush, '.' polls. */
  static Stream<String> orders() {
    return Stream.of("abAB", "aA.bB.", "abA.aB", "a.b.A.a.B", "ba.A.b.aB");
  }

  @ParameterizedTest
  @MethodSource("orders")
  void neitherLosesAFlushedSectorToTheOther(String order) {
    for (boolean durable : new boolean[] {true, false}) {
      Exhaustive exhaustive = new Exhaustive(0);
      String broken = exhaustive.run(order.hashCode(), run -> perform(order, durable, run));
      assertNull(broken, () -> order + broken);
      assertTrue(exhaustive.tally().crashPoints() >= CRASH_POINTS_MIN, "so few crash points");
    }
  }

  /**
   * On a block that is there already, so that there is something to merge with.
   *
   * @param flushedBefore the block's first content is durable
   */
  private static void perform(String order, boolean flushedBefore, Simulation run) {
    Submitter submitter = run.submitter();
    View view = run.model().usable(false).getFirst();
    submitter.write(view, 0, Medium.BLOCK_BYTES, false);
    if (flushedBefore) {
      submitter.flush(view);
    }
    for (int i = 0; i < order.length(); i++) {
      switch (order.charAt(i)) {
        case 'a' -> submitter.write(view, SECTOR, SECTOR, false);
        case 'b' -> submitter.write(view, 2 * SECTOR, 3 * SECTOR, false);
        case 'A', 'B' -> submitter.flush(view);
        default -> run.perform(new Step(Step.Kind.POLL, 3));
      }
    }
  }
}
