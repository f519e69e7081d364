package io.millrace.operator.harness;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what other processes do. */
public final class Eventually {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private Eventually() {}

  public static void eventually(String what, BooleanSupplier condition) {
    eventually(what, condition, () -> "");
  }

  /**
   * Waits until the condition holds.
   *
   * @param state what to show if it never does
   */
  public static void eventually(String what, BooleanSupplier condition, Supplier<String> state) {
    Instant end = Instant.now().plus(TIMEOUT);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(end)) {
        fail("not within " + TIMEOUT.toSeconds() + " s: " + what + "\n" + state.get());
      }
      pause();
    }
  }

  public static void pause() {
    LockSupport.parkNanos(PAUSE.toNanos());
  }
}
