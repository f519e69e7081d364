package io.millrace.engine.daemon.it;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code Soak kill|fs --rounds N [--seconds N] [--seed S]}: a trial of the real daemon for as long
 * as asked, whichever of both ends first. Exits with 1, and the seed, when a promise was broken.
 * The last line is what was counted, as JSON.
 */
public final class Soak {
  private static final int ROUNDS_PER_REPORT = 20;

  /** Of {@code fs}, a round on each kind of file system; {@link FileSystemTrialIT} does one. */
  private static final int MODEL_STEPS = 3000;

  private static final int STRESS_SECONDS = 3;
  private static final int CRASHES = 5;

  private final long rounds;
  private final double seconds;
  private final long seed;
  private final long begunNanos = System.nanoTime();
  private final Path folder;

  /** What is to be closed when somebody has enough. */
  private volatile @Nullable Closeable running;

  private Soak(List<String> arguments, Path folder) {
    this.folder = folder;
    rounds = Long.parseLong(option(arguments, "--rounds", Long.toString(Long.MAX_VALUE)));
    seconds = Double.parseDouble(option(arguments, "--seconds", "Infinity"));
    seed = Long.parseLong(option(arguments, "--seed", Long.toString(System.nanoTime())));
  }

  public static void main(String[] args) throws Exception {
    List<String> arguments = List.of(args);
    Path folder = Files.createTempDirectory("millrace-soak-");
    Soak soak = new Soak(arguments, folder);
    Runtime.getRuntime().addShutdownHook(new Thread(soak::leaveNothing));
    System.out.println("seed " + soak.seed + ", in " + folder);
    switch (arguments.getFirst()) {
      case "kill" -> soak.kill();
      case "fs" -> soak.fileSystems();
      default -> throw new IllegalArgumentException("no such trial: " + arguments.getFirst());
    }
    // Kept when something was found.
    Shell.run("rm", "-rf", "--one-file-system", folder.toString()).ok();
  }

  /** Interrupted, it ends the daemon all the same, and lets go of devices and mounts. */
  private void leaveNothing() {
    Closeable trial = running;
    try {
      if (trial != null) {
        trial.close();
      }
    } catch (IOException e) {
      System.err.println("error: something is left over: " + e.getMessage());
    }
  }

  private static String option(List<String> arguments, String name, String otherwise) {
    int at = arguments.indexOf(name);
    return at < 0 ? otherwise : arguments.get(at + 1);
  }

  private boolean goesOn(long done) {
    return done < rounds && elapsed() < seconds;
  }

  private double elapsed() {
    return (System.nanoTime() - begunNanos) / 1e9;
  }

  private void kill() throws Exception {
    try (KillLoop loop = new KillLoop(folder, seed)) {
      running = loop;
      long done = 0;
      while (goesOn(done)) {
        loop.round();
        done++;
        if (done % ROUNDS_PER_REPORT == 0) {
          System.out.printf("%.0f s: %s%n", elapsed(), loop.summary());
        }
      }
      System.out.println(loop.summary());
      System.out.println(loop.summary().json(seed));
    } finally {
      running = null;
    }
  }

  private void fileSystems() throws IOException, InterruptedException {
    long done = 0;
    long changes = 0;
    while (goesOn(done)) {
      for (FileSystemTrial.Kind kind : FileSystemTrial.Kind.values()) {
        Path home = Files.createDirectories(folder.resolve("round"));
        try (FileSystemTrial trial = new FileSystemTrial(home, kind, seed + done)) {
          running = trial;
          trial.model(MODEL_STEPS, false);
          trial.model(MODEL_STEPS, true);
          trial.stress(STRESS_SECONDS);
          changes += trial.crashes(CRASHES);
        } finally {
          running = null;
        }
        Shell.run("rm", "-rf", "--one-file-system", home.toString()).ok();
      }
      done++;
      System.out.printf("%.0f s: %s%n", elapsed(), fileSystemsText(done, changes));
    }
    System.out.println(fileSystemsText(done, changes));
    System.out.printf(
        "{\"seed\": %d, \"rounds\": %d, \"fileSystems\": %d, \"modelSteps\": %d,"
            + " \"stressSeconds\": %d, \"crashes\": %d, \"durableChanges\": %d}%n",
        seed,
        done,
        FileSystemTrial.Kind.values().length,
        perKind(done, 2L * MODEL_STEPS),
        perKind(done, STRESS_SECONDS),
        perKind(done, CRASHES),
        changes);
  }

  private static String fileSystemsText(long rounds, long changes) {
    return "%d rounds on ext4 and xfs: %d steps on files, %d s of stress, %d crashes, %d changes made durable; every check was clean"
        .formatted(
            rounds,
            perKind(rounds, 2L * MODEL_STEPS),
            perKind(rounds, STRESS_SECONDS),
            perKind(rounds, CRASHES),
            changes);
  }

  private static long perKind(long rounds, long each) {
    return rounds * each * FileSystemTrial.Kind.values().length;
  }
}
