package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.CreateSnapshotRequest;
import io.millrace.engine.api.DeleteSnapshotRequest;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace snapshot …}, one method per command. */
@Command(
    name = "snapshot",
    mixinStandardHelpOptions = true,
    description = "Makes, lists and deletes snapshots. A SNAPSHOT or VOLUME is an id or a name.")
final class SnapshotCommands {
  private static final List<String> COLUMNS =
      List.of("id", "name", "volume_id", "size_bytes", "created_unix_millis");

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Keeps a volume as it is now. Copies nothing.")
  void create(
      @Mixin Online online,
      @Mixin Output output,
      @Parameters(paramLabel = "VOLUME") String volume,
      @Parameters(paramLabel = "NAME") String name)
      throws CommandFailure {
    Snapshot made =
        online.call(
            engine ->
                engine.createSnapshot(
                    CreateSnapshotRequest.newBuilder()
                        .setName(name)
                        .setVolumeId(Online.volume(engine, volume).getId())
                        .build()));
    output.object(Rows.of(made));
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists snapshots.")
  void list(
      @Mixin Online online,
      @Mixin Output output,
      @Option(names = "--volume", paramLabel = "VOLUME", description = "Only those of this volume.")
          @Nullable String volume)
      throws CommandFailure {
    List<Snapshot> snapshots =
        online.call(
            engine -> {
              ListSnapshotsRequest.Builder request = ListSnapshotsRequest.newBuilder();
              if (volume != null) {
                request.setVolumeId(Online.volume(engine, volume).getId());
              }
              return engine.listSnapshots(request.build()).getSnapshotsList();
            });
    output.list(COLUMNS, snapshots.stream().map(s -> Rows.of(s, COLUMNS)).toList());
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = "Deletes a snapshot. Clones of it live on.")
  void delete(@Mixin Online online, @Parameters(paramLabel = "SNAPSHOT") String snapshot)
      throws CommandFailure {
    online.call(
        engine -> {
          String id = Online.snapshot(engine, snapshot).getId();
          return engine.deleteSnapshot(DeleteSnapshotRequest.newBuilder().setId(id).build());
        });
  }
}
