package io.millrace.csi.it;

import io.grpc.StatusRuntimeException;
import io.millrace.csi.engine.EngineClient;
import io.millrace.engine.api.Store;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real millraced on a store of its own. Closing it detaches what a failed test left attached. */
final class Engine implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

  private final Path folder;
  private final Process process;
  private final EngineClient client;

  private Engine(Path folder, EventLoopGroup eventLoops) throws IOException {
    this.folder = folder;
    this.process = startProcess();
    this.client = EngineClient.connect(socket(), eventLoops);
  }

  static Engine start(Path folder, EventLoopGroup eventLoops, String storeSize) throws Exception {
    format(folder, storeSize);
    var engine = new Engine(folder, eventLoops);
    engine.awaitServing();
    return engine;
  }

  Path socket() {
    return folder.resolve("engine.sock");
  }

  /** What its own socket says. */
  Store store() {
    return client.store();
  }

  /** SIGSTOP, as far as its clients can tell a hang; SIGCONT ends it. */
  void hang(boolean hangs) throws IOException {
    var _ =
        Programs.output(
            STOP_TIMEOUT, List.of("kill", hangs ? "-STOP" : "-CONT", Long.toString(process.pid())));
  }

  Path log() {
    return folder.resolve("engine.log");
  }

  private static void format(Path folder, String storeSize) throws IOException {
    var _ =
        Programs.output(
            START_TIMEOUT,
            List.of(
                Programs.engine().resolveSibling("millrace").toString(),
                "store",
                "format",
                folder.resolve("store").toString(),
                "--size",
                storeSize,
                "--sparse"));
  }

  /** Its FUSE mounts are in a namespace of its own too. */
  private Process startProcess() throws IOException {
    return new ProcessBuilder(
            "unshare",
            "--mount",
            Programs.engine().toString(),
            "--store",
            folder.resolve("store").toString(),
            "--socket",
            socket().toString(),
            "--state-dir",
            folder.resolve("state").toString(),
            "--staging-dir",
            folder.resolve("staging").toString(),
            "--health",
            "127.0.0.1:0")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
        .start();
  }

  private void awaitServing() throws Exception {
    Instant end = Instant.now().plus(START_TIMEOUT);
    while (client.trouble().isPresent()) {
      if (!process.isAlive() || Instant.now().isAfter(end)) {
        throw new AssertionError(
            "the engine does not serve: " + client.trouble() + Files.readString(log()));
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  @Override
  public void close() throws IOException {
    detachAll();
    client.close();
    process.destroy();
    if (!Programs.ends(process, STOP_TIMEOUT)) {
      process.destroyForcibly();
      throw new AssertionError("the engine did not end: " + Files.readString(log()));
    }
  }

  private void detachAll() {
    try {
      client.listVolumes(0, "").getVolumesList().stream()
          .filter(volume -> !volume.getDevice().isEmpty())
          .forEach(volume -> client.detach(volume.getId()));
    } catch (StatusRuntimeException e) {
      System.err.println("a volume stays attached: " + e.getMessage());
    }
  }
}
