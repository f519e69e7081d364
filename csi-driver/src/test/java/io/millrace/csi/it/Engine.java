package io.millrace.csi.it;

import io.millrace.csi.engine.FakeEngine;
import io.millrace.csi.engine.SparseFiles;
import io.millrace.csi.grpc.UnixGrpcServer;
import io.netty.channel.EventLoopGroup;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The engine behind a test's driver. */
record Engine(Path socket, Closeable process) implements AutoCloseable {
  static Engine start(Path folder, EventLoopGroup eventLoops) throws Exception {
    Path socket = folder.resolve("engine.sock");
    Path files = Files.createDirectory(folder.resolve("volumes"));
    var server =
        UnixGrpcServer.start(
            socket, eventLoops, List.of(new FakeEngine(new SparseFiles(files))), List.of());
    return new Engine(
        socket,
        () -> {
          server.close();
          detachAll(files);
        });
  }

  private static void detachAll(Path files) throws IOException {
    var detach =
        "losetup -n -O NAME,BACK-FILE | awk '$2 ~ \"^"
            + files
            + "/\" {print $1}' | xargs -r -n1 losetup -d";
    var _ = Programs.output(Duration.ofSeconds(20), List.of("sh", "-c", detach));
  }

  @Override
  public void close() throws IOException {
    process.close();
  }
}
