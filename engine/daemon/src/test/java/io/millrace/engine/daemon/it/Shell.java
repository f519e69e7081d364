package io.millrace.engine.daemon.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
    return run(new ProcessBuilder(command));
  }

  /** Output and errors together. */
  static Result run(ProcessBuilder builder) throws IOException, InterruptedException {
    Path log = Files.createTempFile("millrace-it", ".log");
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    boolean ended = process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    String output = Files.readString(log, StandardCharsets.UTF_8);
    Files.delete(log);
    if (!ended) {
      throw new AssertionError(
          String.join(" ", builder.command()) + " did not end in " + LIMIT + "\n" + output);
    }
    return new Result(builder.command(), process.exitValue(), output);
  }

  /** A line of bash, which fails at the first command that does. */
  static String bash(String line) throws IOException, InterruptedException {
    return run("bash", "-eo", "pipefail", "-c", line).ok();
  }
}
