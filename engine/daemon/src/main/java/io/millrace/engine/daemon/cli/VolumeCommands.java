package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.Acknowledge;
import io.millrace.engine.api.AttachVolumeRequest;
import io.millrace.engine.api.Attachment;
import io.millrace.engine.api.ChangeVolumeRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.DeleteVolumeRequest;
import io.millrace.engine.api.DetachVolumeRequest;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.api.ResizeVolumeRequest;
import io.millrace.engine.api.Volume;
import io.millrace.engine.daemon.ByteSize;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace volume …}, one method per command. */
@Command(
    name = "volume",
    mixinStandardHelpOptions = true,
    description = "Makes, changes, attaches and deletes volumes. A VOLUME is an id or a name.")
final class VolumeCommands {
  private static final List<String> COLUMNS =
      List.of(
          "id",
          "name",
          "size_bytes",
          "own_bytes",
          "device",
          "acknowledge",
          "iops",
          "bytes_per_second",
          "weight",
          "created_unix_millis");

  /** When a write is answered, in the words of the command line. */
  enum When {
    staged(Acknowledge.STAGED),
    durable(Acknowledge.DURABLE);

    private final Acknowledge message;

    When(Acknowledge message) {
      this.message = message;
    }
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Makes an empty volume. Done too when it is there already, with that size.")
  void create(
      @Mixin Online online,
      @Mixin Output output,
      @Parameters(paramLabel = "NAME") String name,
      @Option(
              names = "--size",
              required = true,
              paramLabel = "SIZE",
              description = "Such as 10GiB.")
          ByteSize size,
      @Option(
              names = "--acknowledge",
              paramLabel = "WHEN",
              defaultValue = "staged",
              description =
                  "When a write is answered, ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}."
                      + " Staged outlives a kill of the engine, durable a power loss.")
          When acknowledge,
      @Mixin LimitOptions limits)
      throws CommandFailure {
    CreateVolumeRequest request =
        limits
            .of(CreateVolumeRequest.newBuilder())
            .setName(name)
            .setSizeBytes(size.bytes())
            .setAcknowledge(acknowledge.message)
            .build();
    output.object(Rows.of(online.call(engine -> engine.createVolume(request))));
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists all volumes.")
  void list(@Mixin Online online, @Mixin Output output) throws CommandFailure {
    List<Volume> volumes =
        online.call(e -> e.listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList());
    output.list(COLUMNS, volumes.stream().map(v -> Rows.of(v, COLUMNS)).toList());
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = "Deletes a volume that is not attached. Snapshots and clones of it live on.")
  void delete(@Mixin Online online, @Parameters(paramLabel = "VOLUME") String volume)
      throws CommandFailure {
    online.call(
        engine -> {
          String id = Online.volume(engine, volume).getId();
          return engine.deleteVolume(DeleteVolumeRequest.newBuilder().setId(id).build());
        });
  }

  @Command(
      name = "resize",
      mixinStandardHelpOptions = true,
      description = "Grows a volume, attached or not; or shrinks one that is not attached.")
  void resize(
      @Mixin Online online,
      @Mixin Output output,
      @Parameters(paramLabel = "VOLUME") String volume,
      @Option(names = "--size", required = true, paramLabel = "SIZE", description = "New size.")
          ByteSize size,
      @Option(names = "--allow-shrink", description = "Give up the data beyond the new end.")
          boolean allowShrink)
      throws CommandFailure {
    Volume resized =
        online.call(
            engine ->
                engine.resizeVolume(
                    ResizeVolumeRequest.newBuilder()
                        .setId(Online.volume(engine, volume).getId())
                        .setSizeBytes(size.bytes())
                        .setAllowShrink(allowShrink)
                        .build()));
    output.object(Rows.of(resized));
  }

  @Command(
      name = "set",
      mixinStandardHelpOptions = true,
      description =
          "Changes a volume, attached or not; true for what comes after it. What is not given"
              + " stays as it is.")
  void set(
      @Mixin Online online,
      @Mixin Output output,
      @Parameters(paramLabel = "VOLUME") String volume,
      @Option(
              names = "--acknowledge",
              paramLabel = "WHEN",
              description =
                  "When a write is answered, ${COMPLETION-CANDIDATES}. Staged outlives a kill of"
                      + " the engine, durable a power loss.")
          @Nullable When acknowledge,
      @Mixin LimitOptions limits)
      throws CommandFailure {
    ChangeVolumeRequest.Builder wanted = limits.of(ChangeVolumeRequest.newBuilder());
    if (acknowledge != null) {
      wanted.setAcknowledge(acknowledge.message);
    }
    Volume changed =
        online.call(
            engine ->
                engine.changeVolume(wanted.setId(Online.volume(engine, volume).getId()).build()));
    output.object(Rows.of(changed));
  }

  @Command(name = "show", mixinStandardHelpOptions = true, description = "All about one volume.")
  void show(
      @Mixin Online online, @Mixin Output output, @Parameters(paramLabel = "VOLUME") String volume)
      throws CommandFailure {
    output.object(Rows.of(online.call(engine -> Online.volume(engine, volume))));
  }

  @Command(
      name = "attach",
      mixinStandardHelpOptions = true,
      description = "Makes a volume a block device of this node, also after a restart.")
  void attach(
      @Mixin Online online,
      @Mixin Output output,
      @Parameters(paramLabel = "VOLUME") String volume,
      @Option(
              names = "--sector",
              paramLabel = "BYTES",
              defaultValue = "512",
              description = "Logical block size, 512 or 4096; default ${DEFAULT-VALUE}.")
          int sectorBytes,
      @Option(names = "--read-only", description = "Refuse writes.") boolean readOnly)
      throws CommandFailure {
    Attachment attached =
        online.call(
            engine ->
                engine.attachVolume(
                    AttachVolumeRequest.newBuilder()
                        .setId(Online.volume(engine, volume).getId())
                        .setSectorBytes(sectorBytes)
                        .setReadOnly(readOnly)
                        .build()));
    output.object(Rows.of(attached));
  }

  @Command(
      name = "detach",
      mixinStandardHelpOptions = true,
      description = "Flushes a volume and takes its block device away, if nobody uses it.")
  void detach(@Mixin Online online, @Parameters(paramLabel = "VOLUME") String volume)
      throws CommandFailure {
    online.call(
        engine -> {
          String id = Online.volume(engine, volume).getId();
          return engine.detachVolume(DetachVolumeRequest.newBuilder().setId(id).build());
        });
  }
}
