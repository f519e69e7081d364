package io.millrace.engine.daemon.it;

import io.millrace.engine.daemon.attach.LeftOvers;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real millraced on a store of its own, started from the assembled program, and the tool on it.
 * Closing it unmounts, stops, and clears what is left, whatever the test did.
 */
final class Daemon implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(1);
  private final Path folder;

  /** On tmpfs, wherever the folder of the test is. */
  private final Path staging;

  private final List<Path> mounts = new ArrayList<>();
  private int starts;
  private @Nullable Process process;

  private Daemon(Path folder) throws IOException {
    this.folder = folder;
    staging = Files.createTempDirectory(Path.of("/dev/shm"), "millrace-it");
  }

  /** Formats a store of this size in the folder; not started yet. */
  static Daemon format(Path folder, String size) throws IOException, InterruptedException {
    Daemon daemon = new Daemon(folder);
    Tool.run("store", "format", daemon.store(), "--size", size, "--sparse").ok();
    return daemon;
  }

  /** With no store yet. */
  static Daemon unformatted(Path folder) throws IOException {
    return new Daemon(folder);
  }

  static Daemon started(Path folder, String size) throws IOException, InterruptedException {
    Daemon daemon = format(folder, size);
    daemon.start();
    return daemon;
  }

  String store() {
    return folder.resolve("store").toString();
  }

  String socket() {
    return folder.resolve("run/engine.sock").toString();
  }

  String[] daemonArguments(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--store", store(),
                "--socket", socket(),
                "--state-dir", folder.resolve("state").toString(),
                "--health", "127.0.0.1:0"));
    arguments.addAll(List.of(more));
    if (!arguments.contains("--staging-dir")) {
      arguments.addAll(List.of("--staging-dir", staging.toString()));
    }
    return arguments.toArray(String[]::new);
  }

  /** The folder of its ring. */
  Path staging() {
    return staging;
  }

  /** Where it stages writes; there after a kill, gone after an orderly end. */
  Path ring() throws IOException, InterruptedException {
    String json = Tool.run("store", "info", store(), "-o", "json").ok();
    Matcher uuid = Pattern.compile("\"uuid\": \"([^\"]*)").matcher(json);
    if (!uuid.find()) {
      throw new AssertionError("no uuid in " + json);
    }
    return staging.resolve(uuid.group(1) + ".ring");
  }

  private Path log() {
    return folder.resolve("millraced-" + starts + ".log");
  }

  String logText() throws IOException {
    return Files.readString(log());
  }

  private Process launch(String... more) throws IOException, InterruptedException {
    makeClassCache();
    return launch(Program.MILLRACED.command(daemonArguments(more)));
  }

  private Process launch(ProcessBuilder builder) throws IOException {
    starts++;
    Process started = builder.redirectErrorStream(true).redirectOutput(log().toFile()).start();
    process = started;
    return started;
  }

  /** A daemon serves once in peace, for the sake of those that are started after it. */
  private static void makeClassCache() throws IOException, InterruptedException {
    try (FileChannel file = Program.MILLRACED.classCacheLock();
        FileLock _ = file.lock()) {
      if (!Program.MILLRACED.hasClassCache()) {
        serveInPeace();
      }
    }
  }

  private static void serveInPeace() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("millrace-it");
    Path made = folder.resolve("classes.aot");
    try (Daemon daemon = format(folder, "256MiB")) {
      daemon.launch(Program.MILLRACED.recording(made, daemon.daemonArguments()));
      daemon.awaitServing();
      daemon.millrace("volume", "create", "v", "--size", "1MiB").ok();
      daemon.terminate();
    }
    Program.MILLRACED.takeClassCache(made);
    Shell.run("rm", "-r", folder.toString()).ok();
  }

  /** Starts it and kills it after this time, wherever it is then. */
  void startAndKill(Duration after) throws IOException, InterruptedException {
    Process started = launch();
    if (started.waitFor(after.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("millraced did not come up:\n" + logText());
    }
    kill();
  }

  /** Starts it and waits until it serves. */
  void start(String... more) throws IOException, InterruptedException {
    Process unused = launch(more);
    awaitServing();
  }

  private void awaitServing() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!logText().contains("millraced: serving on")) {
      if (!running().isAlive() || System.nanoTime() > deadline) {
        throw new AssertionError("millraced did not come up:\n" + logText());
      }
      Thread.sleep(20);
    }
  }

  /** The exit code. */
  int terminate() throws InterruptedException {
    return end(false);
  }

  void kill() throws InterruptedException {
    end(true);
  }

  private int end(boolean forcibly) throws InterruptedException {
    Process running = running();
    if (forcibly) {
      running.destroyForcibly();
    } else {
      running.destroy();
    }
    if (!running.waitFor(60, TimeUnit.SECONDS)) {
      running.destroyForcibly().waitFor();
      throw new AssertionError("millraced did not end in 60 s");
    }
    process = null;
    return running.exitValue();
  }

  private Process running() {
    Process running = process;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    return running;
  }

  /** The tool on this daemon. */
  Shell.Result millrace(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--socket");
    all.add(socket());
    return Tool.run(all.toArray(String[]::new));
  }

  /** One field of the JSON that a command prints. */
  String field(String name, String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("-o", "json"));
    String json = millrace(all.toArray(String[]::new)).ok();
    Matcher field = Pattern.compile('"' + name + "\": \"?([^\",}]*)").matcher(json);
    if (!field.find()) {
      throw new AssertionError("no field " + name + " in " + json);
    }
    return field.group(1);
  }

  /** Makes a volume and attaches it; gives the device. */
  String attachNew(String name, String size) throws IOException, InterruptedException {
    millrace("volume", "create", name, "--size", size).ok();
    return attach(name);
  }

  String attach(String name, String... more) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("volume", "attach", name));
    all.addAll(List.of(more));
    return field("device", all.toArray(String[]::new));
  }

  /** Mounts a device in a folder of the test. */
  Path mount(String device, String name, String options) throws IOException, InterruptedException {
    Path target = Files.createDirectories(folder.resolve(name));
    Shell.run("mount", "-o", options, device, target.toString()).ok();
    mounts.add(target);
    return target;
  }

  void unmount(Path target) throws IOException, InterruptedException {
    Shell.run("umount", target.toString()).ok();
    mounts.remove(target);
  }

  /** Unmounts all that is still mounted. */
  void letGoOfMounts() throws IOException, InterruptedException {
    for (Path mount : List.copyOf(mounts)) {
      unmount(mount);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      for (Path mount : List.copyOf(mounts)) {
        Shell.run("umount", "-l", mount.toString());
      }
      if (process != null) {
        terminate();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      LeftOvers.clear(folder.resolve("state"));
      try (Stream<Path> rings = Files.list(staging)) {
        for (Path ring : rings.toList()) {
          Files.delete(ring);
        }
      }
      Files.delete(staging);
    }
  }
}
