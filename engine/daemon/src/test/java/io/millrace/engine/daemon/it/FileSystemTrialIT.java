package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A twentieth of what {@code ./dev soak fs} does. */
final class FileSystemTrialIT {
  private static final int MODEL_STEPS = 3000;
  private static final int STRESS_SECONDS = 3;
  private static final int CRASHES = 5;

  @TempDir Path folder = Path.of("");

  private FileSystemTrial trial(FileSystemTrial.Kind kind) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    return new FileSystemTrial(folder, kind, seed);
  }

  @ParameterizedTest
  @EnumSource
  void filesHoldWhatTheirModelsDo(FileSystemTrial.Kind kind) throws Exception {
    try (FileSystemTrial trial = trial(kind)) {
      trial.model(MODEL_STEPS, false);
      trial.model(MODEL_STEPS, true);
    }
  }

  @ParameterizedTest
  @EnumSource
  void stressLeavesNothingForTheCheckToFind(FileSystemTrial.Kind kind) throws Exception {
    try (FileSystemTrial trial = trial(kind)) {
      trial.stress(STRESS_SECONDS);
    }
  }

  @ParameterizedTest
  @EnumSource
  void crashesLoseNoFileThatWasSynced(FileSystemTrial.Kind kind) throws Exception {
    try (FileSystemTrial trial = trial(kind)) {
      long changes = trial.crashes(CRASHES);
      assertTrue(changes > CRASHES, "too little was done: " + changes);
    }
  }
}
