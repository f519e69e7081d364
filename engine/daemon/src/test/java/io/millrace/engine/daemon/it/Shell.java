package io.millrace.engine.daemon.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs of this machine, each with a time limit. */
final class Shell {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private Shell() {}

  record Result(List<String> command, int exitCode, String output) {
    /** The output, if the program ended well. */
    String ok() {
      if (exitCode != 0) {
        throw new AssertionError(
            String.join(" ", command) + " ended with " + exitCode + "\n" + output);
      }
      return output;
    }
  }

  /** Output and errors together. */
  static Result run(String... command) throws IOException, InterruptedException {
    return run(Map.of(), command);
  }

  static Result run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile("millrace-it", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    boolean ended = process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    String output = Files.readString(log, StandardCharsets.UTF_8);
    Files.delete(log);
    if (!ended) {
      throw new AssertionError(
          String.join(" ", command) + " did not end in " + LIMIT + "\n" + output);
    }
    return new Result(List.of(command), process.exitValue(), output);
  }

  /** A line of bash, which fails at the first command that does. */
  static String bash(String line) throws IOException, InterruptedException {
    return run("bash", "-eo", "pipefail", "-c", line).ok();
  }
}
