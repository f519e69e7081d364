package io.millrace.engine.daemon.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.engine.api.EngineGrpc.EngineBlockingStub;
import io.millrace.engine.api.GetSnapshotRequest;
import io.millrace.engine.api.GetVolumeRequest;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.Volume;
import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.rpc.EngineChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** A connection to the daemon on this node, and the finding of objects by id or name. */
final class Online {
  private static final long DEADLINE_SECONDS = 60;

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      defaultValue = "${MILLRACE_SOCKET:-/run/millrace/engine.sock}",
      description = "The daemon's unix socket; default ${DEFAULT-VALUE}.")
  private Path socket = Path.of("");

  /** Whether there is a socket to connect to. */
  boolean listens() {
    return Files.exists(socket);
  }

  /** Connects, calls, and closes. */
  <T> T call(Function<EngineBlockingStub, T> use) throws CommandFailure {
    if (!Files.exists(socket)) {
      throw new CommandFailure(
          io.millrace.engine.daemon.ExitCode.UNREACHABLE,
          "no daemon listens on " + socket + "; is millraced running, or is it another --socket?");
    }
    try (EngineChannel channel = new EngineChannel(socket)) {
      return use.apply(channel.calls().withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS));
    }
  }

  /** The volume with this id or, if there is none, with this name. */
  static Volume volume(EngineBlockingStub engine, String idOrName) {
    if (ObjectId.parse(idOrName).isPresent()) {
      try {
        return engine.getVolume(GetVolumeRequest.newBuilder().setId(idOrName).build());
      } catch (StatusRuntimeException e) {
        passUnlessNotFound(e);
      }
    }
    return engine.getVolume(GetVolumeRequest.newBuilder().setName(idOrName).build());
  }

  /** The snapshot with this id or, if there is none, with this name. */
  static Snapshot snapshot(EngineBlockingStub engine, String idOrName) {
    if (ObjectId.parse(idOrName).isPresent()) {
      try {
        return engine.getSnapshot(GetSnapshotRequest.newBuilder().setId(idOrName).build());
      } catch (StatusRuntimeException e) {
        passUnlessNotFound(e);
      }
    }
    return engine.getSnapshot(GetSnapshotRequest.newBuilder().setName(idOrName).build());
  }

  private static void passUnlessNotFound(StatusRuntimeException refused) {
    if (refused.getStatus().getCode() != Status.Code.NOT_FOUND) {
      throw refused;
    }
  }
}
