package io.millrace.csi.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The programs under test and around it. A missing one fails the test: nothing is skipped. */
final class Programs {
  private Programs() {}

  static Path driver() {
    return existing(Path.of(property("millrace.csi.app"), "bin", "csi-driver"), "./dev build");
  }

  static Path engine() {
    return existing(Path.of(property("millrace.engine.app"), "bin", "millraced"), "./dev build");
  }

  static Path sanity() throws Exception {
    String folder =
        output(Duration.ofSeconds(20), List.of(property("millrace.tools"), "--dir", "csi"));
    return existing(Path.of(folder, "bin", "csi-sanity"), property("millrace.tools") + " csi");
  }

  /** How a program ended; standard output and error in one text. */
  record Ended(int exitCode, String output) {}

  static Ended run(Duration limit, List<String> command, Map<String, String> environment)
      throws IOException {
    Path log = Files.createTempFile("millrace-it-", ".log");
    try {
      var builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!ends(process, limit)) {
        process.destroyForcibly();
        throw new AssertionError(command + " did not end within " + limit + ": " + text(log));
      }
      return new Ended(process.exitValue(), text(log));
    } finally {
      Files.delete(log);
    }
  }

  /** Of a program that must succeed. */
  static String output(Duration limit, List<String> command) throws IOException {
    Ended ended = run(limit, command, Map.of());
    if (ended.exitCode() != 0) {
      throw new AssertionError(command + " ended with " + ended.exitCode() + ": " + ended.output());
    }
    return ended.output();
  }

  /** Whether the process ends within this time. */
  static boolean ends(Process process, Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text(Path log) throws IOException {
    return new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
  }

  private static Path existing(Path program, String builtBy) {
    if (!Files.isExecutable(program)) {
      throw new AssertionError(program + " is missing: it is built by " + builtBy);
    }
    return program;
  }

  private static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new AssertionError("system property " + name + " is missing: the build sets it");
    }
    return value;
  }
}
