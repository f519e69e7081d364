package io.millrace.engine.daemon.rpc;

import io.millrace.engine.api.EngineGrpc.EngineBlockingStub;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.core.FormatOptions;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.attach.Attachments;
import io.millrace.engine.daemon.storage.OfflineStore;
import io.millrace.engine.daemon.storage.Preparation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/** A store that is served on a socket by this process, and somebody who calls it. */
public final class ServedStore implements AutoCloseable {
  private static final long BYTES = 256 << 20;

  private final ServedEngine served;
  private final EngineServer server;
  private final EngineChannel channel;

  /** As {@code served}, with its socket {@code engine.sock}, in this folder. */
  public ServedStore(Path folder) throws IOException {
    Path socket = folder.resolve("engine.sock");
    served = new ServedEngine(format(folder.resolve("served")));
    Path state = folder.resolve("state");
    served.engine.serve(new Attachments(served.reactor, UUID.randomUUID(), state));
    server = EngineServer.start(socket, served.engine);
    channel = new EngineChannel(socket);
  }

  /** An empty store in a new file. */
  public static Path format(Path path) throws IOException {
    return format(path, UUID.randomUUID());
  }

  static Path format(Path path, UUID uuid) throws IOException {
    Preparation.sparse(path, BYTES);
    try (OfflineStore offline = OfflineStore.open(path, new SystemClock())) {
      var refusal = offline.format(FormatOptions.of(uuid, 7));
      if (refusal.isPresent()) {
        throw new AssertionError(refusal.get());
      }
    }
    return path;
  }

  public EngineBlockingStub calls() {
    return channel.calls();
  }

  /** All that can be told of volumes and snapshots. */
  public String catalog() {
    return calls().listVolumes(ListVolumesRequest.getDefaultInstance()).toString()
        + calls().listSnapshots(ListSnapshotsRequest.getDefaultInstance());
  }

  @Override
  public void close() {
    channel.close();
    server.close(Duration.ofSeconds(5));
    served.close();
  }
}
