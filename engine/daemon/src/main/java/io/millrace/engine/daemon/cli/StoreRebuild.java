package io.millrace.engine.daemon.cli;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.StoreReader;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.storage.OfflineStore;
import io.millrace.engine.daemon.storage.ReadOnlyStorage;
import io.millrace.engine.daemon.storage.RingFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace store rebuild}: new maps for a store whose checkpoint is damaged. */
@Command(
    name = "rebuild",
    mixinStandardHelpOptions = true,
    description =
        "Makes the block maps of a store anew from the headers and summaries of its segments, when"
            + " those of its checkpoint are damaged, and writes a new checkpoint. No daemon may serve"
            + " the store. It reads every segment in use.",
    footer = {
      "",
      "First it looks, and writes nothing unless all of the maps can be made: then nothing is lost.",
      "It needs the rest of the newest checkpoint (catalog, segments, live slots) and the log since;",
      "where these are damaged too it is refused, and the store stays as it is. So it does not hurt to",
      "try; --dry-run only tells what would be done. An interrupted rebuild is begun again.",
      "Damaged data stay damaged: millrace store check names them."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The store can be opened: it has new maps, or (--dry-run) would have, or needed none",
      "1:Failure, such as a disk that is not there",
      "2:Wrong usage",
      "4:A daemon serves the store",
      "5:The store has no room for a new checkpoint",
      "6:The store is damaged beyond a rebuild; nothing was written"
    })
final class StoreRebuild implements Callable<Integer> {
  @Parameters(paramLabel = "PATH", description = "File or block device that holds the store.")
  private Path path = Path.of("");

  @Option(
      names = {"-n", "--dry-run"},
      description = "Only tell what would be done.")
  private boolean dryRun;

  @Option(names = "--force", description = "Even when nothing is wrong with the maps.")
  private boolean force;

  @Mixin private StagingFolder staging = new StagingFolder();

  @Mixin private Console console = new Console();

  @Override
  public Integer call() throws IOException, CommandFailure {
    if (!wanted()) {
      return ExitCode.OK;
    }
    if (dryRun) {
      tell("nothing was written (--dry-run)");
      return ExitCode.OK;
    }
    return write();
  }

  /** Looks; whether there is something to do, and it can be done. */
  private boolean wanted() throws IOException, CommandFailure {
    try (ReadOnlyStorage storage = ReadOnlyStorage.open(path)) {
      Optional<String> damage =
          switch (StoreReader.open(storage)) {
            case StoreReader.Opened.Recovered(StoreReader found) -> found.damageOfMaps();
            case StoreReader.Opened.Refused(String reason) ->
                Optional.of("it can't be opened: " + reason);
          };
      damage.ifPresent(this::tell);
      if (damage.isEmpty() && !force) {
        tell("it is as it should be; there is nothing to rebuild");
        return false;
      }
      switch (StoreReader.openRebuilt(storage)) {
        case StoreReader.Opened.Recovered(StoreReader found) -> tell(found);
        case StoreReader.Opened.Refused(String reason) ->
            throw new CommandFailure(
                ExitCode.DAMAGED,
                path + ": it can't be rebuilt: " + reason + "; nothing was written");
      }
      return true;
    }
  }

  private void tell(StoreReader found) {
    Catalog catalog = found.catalog();
    tell(
        "%d volumes, %d snapshots; %d blocks of the checkpoint found, %d of them by a summary alone"
            .formatted(
                catalog.volumes().size(),
                catalog.snapshots().size(),
                found.rebuiltBlocks(),
                found.rebuiltBySummary()));
  }

  private int write() throws IOException, CommandFailure {
    RingFolder rings = new RingFolder(staging.path(), _ -> {});
    try (OfflineStore offline = OfflineStore.open(path, new SystemClock())) {
      return switch (offline.rebuild(StoreOptions.defaults().withCacheBytes(0), rings)) {
        case OfflineStore.Rebuilt.Done _ -> {
          rings.remove();
          tell("rebuilt, and a new checkpoint is written");
          yield ExitCode.OK;
        }
        case OfflineStore.Rebuilt.NoRoom _ ->
            throw new CommandFailure(
                ExitCode.NO_SPACE, path + ": there is no room for a new checkpoint");
        case OfflineStore.Rebuilt.Failed(String reason) ->
            throw new CommandFailure(ExitCode.DAMAGED, path + ": " + reason);
      };
    }
  }

  private void tell(String text) {
    PrintWriter out = console.out();
    out.println(path + ": " + text);
    out.flush();
  }
}
