package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.GetStoreRequest;
import io.millrace.engine.api.Store;
import io.millrace.engine.core.StoreInfo;
import io.millrace.engine.core.StoreReader;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.cli.Output.Field;
import io.millrace.engine.daemon.storage.ReadOnlyStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace store info}: of the daemon's store, or of one that no daemon serves. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description =
        "Tells identity, state and room of the running daemon's store or, with PATH, of a store"
            + " that no daemon serves, which is not changed.")
final class StoreShow implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "PATH", description = "A store that is not served.")
  private @Nullable Path path;

  @Mixin private Online online = new Online();
  @Mixin private Output output = new Output();

  @Override
  public Integer call() throws Exception {
    return path == null ? served() : offline(path);
  }

  private int served() throws CommandFailure {
    Store store = online.call(engine -> engine.getStore(GetStoreRequest.getDefaultInstance()));
    output.object(Rows.of(store));
    return switch (store.getState()) {
      case DAMAGED, STOPPED -> ExitCode.DAMAGED;
      default -> ExitCode.OK;
    };
  }

  private int offline(Path store) throws IOException, CommandFailure {
    try (ReadOnlyStorage storage = ReadOnlyStorage.open(store)) {
      return switch (StoreReader.open(storage)) {
        case StoreReader.Opened.Recovered found -> {
          output.object(fields(store, found.reader().info()));
          yield ExitCode.OK;
        }
        case StoreReader.Opened.Refused refused ->
            throw new CommandFailure(ExitCode.DAMAGED, store + ": " + refused.reason());
      };
    }
  }

  private static List<Field> fields(Path path, StoreInfo info) {
    return List.of(
        new Field("uuid", info.uuid().toString()),
        new Field("path", path.toString()),
        new Field("state", "OFFLINE"),
        new Field("capacity_bytes", info.capacityBytes()),
        new Field("physical_bytes", info.physicalBytes()),
        new Field("free_bytes", info.freeBytes()),
        new Field("logical_bytes", info.logicalBytes()),
        new Field("volumes", info.volumes()),
        new Field("snapshots", info.snapshots()));
  }
}
