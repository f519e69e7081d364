package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Who may stage how much of 80 blocks. */
class StagedSharesTest {
  private static final int BLOCKS = 80;
  private static final int USUAL = Limits.WEIGHT_DEFAULT;

  private final StagedShares shares =
      new StagedShares(new Backlog(0, (long) BLOCKS * Bytes.PAGE, (long) BLOCKS * Bytes.PAGE));

  private static Layer layer(long id) {
    return new Layer(id, 0, new LayerMap(new Cells()));
  }

  /** All ask for one block each, in turn, until nobody gets any; how many each has then. */
  private int[] stage(int[] weights) {
    Layer[] layers = new Layer[weights.length];
    Arrays.setAll(layers, i -> layer(i + 1));
    boolean any = true;
    while (any) {
      any = false;
      for (int i = 0; i < layers.length; i++) {
        if (!shares.full(layers[i], weights[i])) {
          shares.add(layers[i]);
          any = true;
        }
      }
    }
    return Arrays.stream(layers).mapToInt(l -> l.staged).toArray();
  }

  @Test
  void oneAloneComesToNearlyAll() {
    int staged = stage(new int[] {USUAL})[0];
    assertTrue(staged >= BLOCKS * 8 / 9 && staged < BLOCKS, "it has " + staged);
    assertTrue(shares.hasItsShare());
    assertFalse(shares.full(layer(99), USUAL), "there is some for who comes next");
  }

  @Test
  void oneAloneComesToNearlyAllHoweverLight() {
    int staged = stage(new int[] {1})[0];
    assertTrue(staged >= BLOCKS * 8 / 9 && staged < BLOCKS, "it has " + staged);
    assertFalse(shares.full(layer(99), 1), "there is some for who comes next");
  }

  @Test
  void severalHaveTheirSharesByWeight() {
    int[] staged = stage(new int[] {USUAL, USUAL, 2 * USUAL});
    assertEquals(staged[0], staged[1]);
    assertEquals(BLOCKS / 4, staged[0], 1);
    assertTrue(staged[2] > 1.5 * staged[0], "but for what is left to who comes next");
  }

  @Test
  void whoHadMuchAloneWaitsUntilItIsHisShare() {
    Layer greedy = layer(1);
    while (!shares.full(greedy, USUAL)) {
      shares.add(greedy);
    }
    Layer other = layer(2);
    shares.full(other, USUAL);
    shares.add(other);
    while (greedy.staged > BLOCKS / 2) {
      assertTrue(shares.full(greedy, USUAL));
      shares.remove(greedy);
    }
    shares.remove(greedy);
    assertFalse(shares.full(greedy, USUAL));
    shares.remove(other);
    assertFalse(shares.full(greedy, USUAL), "and alone again it may have more");
  }
}
