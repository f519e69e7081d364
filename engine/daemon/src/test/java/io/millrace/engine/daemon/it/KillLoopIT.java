package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A twentieth of what {@code ./dev soak kill} does. */
final class KillLoopIT {
  private static final int ROUNDS = 50;

  @TempDir Path folder = Path.of("");

  @Test
  void killedAgainAndAgainItKeepsEveryWriteThatWasAnswered() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    try (KillLoop loop = new KillLoop(folder, seed)) {
      for (int i = 0; i < ROUNDS; i++) {
        loop.round();
      }
      KillLoop.Summary summary = loop.summary();
      System.out.println(summary);
      assertTrue(summary.tally().answered() > ROUNDS * 50L, "too little was tried: " + summary);
      assertTrue(summary.tally().unflushed() > ROUNDS, "all was flushed: " + summary);
      assertTrue(summary.flushes() > ROUNDS, "too little was flushed: " + summary);
    }
  }
}
