package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A disk may say anything: it is refused, or it is served, and never believed blindly. */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HostileImageTest {
  private static final int ONE_FIELD_IN = 100;
  private static final int RANDOM_IMAGES = 1500;
  private final long seed = System.nanoTime();
  private final HostileImages images = new HostileImages(seed);

  HostileImageTest() {
    System.out.println("seed " + seed);
  }

  @Test
  void unchangedItIsServed() {
    images.unchanged();
    assertEquals(0, images.refused());
  }

  @Test
  void aWrongNumberInAnyFieldIsRefusedOrServedRight() {
    int tried = images.eachField(ONE_FIELD_IN);
    System.out.println(tried + " tried, " + images.refused() + " refused");
    assertTrue(images.refused() > tried / 10 && images.served() > tried / 10);
  }

  @Test
  void soAreSeveralAtOnce() {
    for (int i = 0; i < RANDOM_IMAGES; i++) {
      images.atRandom();
    }
    assertTrue(images.refused() > 0 && images.served() > 0);
  }
}
