package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.EngineGrpc.EngineBlockingStub;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace clone}. */
@Command(
    name = "clone",
    mixinStandardHelpOptions = true,
    description =
        "Makes a writable volume of a snapshot, or of a volume as it is now." + " Copies nothing.")
final class CloneCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "SOURCE", description = "Snapshot, by id or name.")
  private String source = "";

  @Parameters(index = "1", paramLabel = "NAME", description = "Name of the new volume.")
  private String name = "";

  @Option(names = "--volume", description = "SOURCE is a volume.")
  private boolean ofVolume;

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description = "Larger than the source; default: the source's size.")
  private @Nullable ByteSize size;

  @Mixin private Online online = new Online();
  @Mixin private Output output = new Output();

  @Override
  public Integer call() throws CommandFailure {
    output.object(Rows.of(online.call(engine -> engine.createVolume(request(engine)))));
    return ExitCode.OK;
  }

  private CreateVolumeRequest request(EngineBlockingStub engine) {
    CreateVolumeRequest.Builder request = CreateVolumeRequest.newBuilder().setName(name);
    if (size != null) {
      request.setSizeBytes(size.bytes());
    }
    return ofVolume
        ? request.setSourceVolumeId(Online.volume(engine, source).getId()).build()
        : request.setSourceSnapshotId(Online.snapshot(engine, source).getId()).build();
  }
}
