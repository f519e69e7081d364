package io.millrace.csi.mount;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The only place that starts processes: mount, umount, blkid, mkfs and their like.
 *
 * <p>Every run is bounded in time, because a tool that meets a dead device never comes back: a
 * quick one by the caller's time, one that changes a whole device by a day, because to be killed
 * half-way would make it begin anew with each call. Its output is kept for the error message.
 * Blocking; any thread.
 */
public final class HostTools {
  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final Duration LONGEST_TO_THE_END = Duration.ofDays(1);
  private static final int OUTPUT_BYTES_MAX = 16 << 10;

  private final Supplier<Duration> timeLeft;

  /**
   * @param timeLeft what the operation that runs on the calling thread may still take
   */
  public HostTools(Supplier<Duration> timeLeft) {
    this.timeLeft = timeLeft;
  }

  /** How a tool ended; standard output and error in one text. */
  record Result(int exitCode, String output) {}

  /** Runs a tool whose exit code says something; it is killed when the caller's time is over. */
  Result run(List<String> command) {
    Duration left = timeLeft.get();
    if (!left.isPositive()) {
      throw new CsiFailure(
          Kind.DEADLINE_EXCEEDED, "no time is left to run " + String.join(" ", command));
    }
    return runFor(left.compareTo(LONGEST) < 0 ? left : LONGEST, command);
  }

  /** Runs a tool that must succeed. */
  Result require(List<String> command) {
    return successful(command, run(command));
  }

  /**
   * Runs a tool whose exit code says something and that must not be killed half-way because
   * somebody stopped waiting. The caller's lock on the volume is held meanwhile: a repeated call is
   * told to come again, and finds the work done.
   */
  Result runToTheEnd(List<String> command) {
    return runFor(LONGEST_TO_THE_END, command);
  }

  /** Like {@link #runToTheEnd}, of a tool that must succeed. */
  Result requireToTheEnd(List<String> command) {
    return successful(command, runToTheEnd(command));
  }

  private static Result successful(List<String> command, Result result) {
    if (result.exitCode() != 0) {
      throw new CsiFailure(
          Kind.INTERNAL,
          String.join(" ", command) + " failed with " + result.exitCode() + ": " + result.output());
    }
    return result;
  }

  private static Result runFor(Duration limit, List<String> command) {
    Process process = start(command);
    var output = new CompletableFuture<String>();
    Thread.ofVirtual().start(() -> output.complete(read(process.getInputStream())));
    try {
      if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return new Result(process.exitValue(), output.get(1, TimeUnit.SECONDS).strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      return new Result(process.exitValue(), "(output lost: " + e + ")");
    }
    process.destroyForcibly();
    throw new CsiFailure(
        Kind.DEADLINE_EXCEEDED,
        String.join(" ", command) + " did not end within " + limit.toMillis() + " ms");
  }

  private static Process start(List<String> command) {
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      return process;
    } catch (IOException e) {
      throw new CsiFailure(
          Kind.INTERNAL, "can't start " + command.getFirst() + ": " + e.getMessage(), e);
    }
  }

  private static String read(InputStream stream) {
    try (stream) {
      String text = new String(stream.readNBytes(OUTPUT_BYTES_MAX), StandardCharsets.UTF_8);
      stream.transferTo(OutputStream.nullOutputStream());
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
