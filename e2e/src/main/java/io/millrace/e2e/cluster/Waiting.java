package io.millrace.e2e.cluster;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Waits for what a cluster reaches in its own time, and says what it waited for when it doesn't.
 */
public final class Waiting {
  private static final Duration PAUSE = Duration.ofMillis(250);

  private Waiting() {}

  /**
   * Asks until there is an answer.
   *
   * @param what names the awaited state, for the error
   * @throws IllegalStateException when {@code limit} has passed
   */
  public static <T> T until(String what, Duration limit, Callable<Optional<T>> question) {
    long deadline = System.nanoTime() + limit.toNanos();
    String last = "";
    while (true) {
      try {
        Optional<T> answer = question.call();
        if (answer.isPresent()) {
          return answer.get();
        }
        last = "";
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting: " + what, e);
      } catch (Exception e) {
        last = "; last error: " + e;
        sleepQuietly();
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("not so after " + limit.toSeconds() + " s: " + what + last);
      }
    }
  }

  /** Asks until the answer is yes. */
  public static void untilTrue(String what, Duration limit, Callable<Boolean> question) {
    boolean unused =
        until(what, limit, () -> question.call() ? Optional.of(true) : Optional.empty());
  }

  private static void sleepQuietly() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
