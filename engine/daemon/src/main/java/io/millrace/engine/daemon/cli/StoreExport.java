package io.millrace.engine.daemon.cli;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.StoreReader;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.storage.ReadOnlyStorage;
import io.millrace.engine.daemon.storage.SparseFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace store export}: a volume or snapshot of a store that nobody serves, as a file. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description =
        "Writes a volume or snapshot of a store that no daemon serves to a raw, sparse file. The"
            + " store is only read.",
    footer = {
      "",
      "It shows what the next opening of the store would find in the log. Writes that a killed",
      "daemon had acknowledged but not flushed may be missing: start the daemon once to have them.",
      "FILE appears when it is whole. A damaged block ends the export with code 6 and no FILE;",
      "with --keep-going it is left as zeros, named on stderr, and the code is 6 all the same."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Every byte is in FILE",
      "1:Failure, such as a full or missing disk",
      "2:Wrong usage, or a name that a volume and a snapshot share",
      "3:No such volume or snapshot",
      "4:FILE exists, or a daemon serves the store",
      "6:The store is damaged"
    })
final class StoreExport implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "VOLUME|SNAPSHOT",
      description = "Id or name of what to write.")
  private String object = "";

  @Parameters(index = "1", paramLabel = "FILE", description = "File to make.")
  private Path file = Path.of("");

  @Mixin private OfflinePath store = new OfflinePath();

  @Option(names = "--force", description = "Take the place of a FILE that exists.")
  private boolean force;

  @Option(names = "--keep-going", description = "Leave damaged blocks as zeros.")
  private boolean keepGoing;

  @Mixin private Console console = new Console();

  /** What is to be written: one of the two kinds. */
  private record Source(String title, long sizeBytes, Reading reading) {
    interface Reading {
      void to(StoreReader.Content content);
    }
  }

  @Override
  public Integer call() throws Exception {
    refuseFile();
    try (ReadOnlyStorage storage = ReadOnlyStorage.open(store.path())) {
      StoreReader reader = open(storage);
      return write(find(reader));
    }
  }

  private void refuseFile() throws IOException, CommandFailure {
    if (Files.exists(file) && Files.exists(store.path()) && Files.isSameFile(file, store.path())) {
      throw new CommandFailure(ExitCode.CONFLICT, file + " is the store itself");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new CommandFailure(ExitCode.CONFLICT, file + " is there and is no regular file");
    }
    if (Files.exists(file) && !force) {
      throw new CommandFailure(ExitCode.CONFLICT, file + " exists (--force overwrites it)");
    }
  }

  private StoreReader open(ReadOnlyStorage storage) throws CommandFailure {
    return switch (StoreReader.open(storage)) {
      case StoreReader.Opened.Recovered recovered -> recovered.reader();
      case StoreReader.Opened.Refused refused ->
          throw new CommandFailure(ExitCode.DAMAGED, store.path() + ": " + refused.reason());
    };
  }

  /** By id, else by name. */
  private Source find(StoreReader reader) throws CommandFailure {
    Catalog catalog = reader.catalog();
    long id = ObjectId.parse(object).map(ObjectId::value).orElse(0L);
    Optional<Catalog.Volume> volume = catalog.volume(id);
    Optional<Catalog.Snapshot> snapshot = catalog.snapshot(id);
    if (volume.isEmpty() && snapshot.isEmpty()) {
      volume = catalog.volume(object);
      snapshot = catalog.snapshot(object);
    }
    if (volume.isPresent() && snapshot.isPresent()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "'%s' is both volume %s and snapshot %s: name it by its id"
              .formatted(
                  object, new ObjectId(volume.get().id()), new ObjectId(snapshot.get().id())));
    }
    if (volume.isPresent()) {
      Catalog.Volume found = volume.get();
      return new Source("volume " + found.name(), found.sizeBytes(), to -> reader.read(found, to));
    }
    if (snapshot.isPresent()) {
      Catalog.Snapshot found = snapshot.get();
      return new Source(
          "snapshot " + found.name(), found.sizeBytes(), to -> reader.read(found, to));
    }
    throw new CommandFailure(
        ExitCode.NOT_FOUND,
        "the store has no volume or snapshot '%s' (it has %d volumes and %d snapshots)"
            .formatted(object, catalog.volumes().size(), catalog.snapshots().size()));
  }

  private int write(Source source) throws IOException, CommandFailure {
    PrintWriter err = console.err();
    try (SparseFile out = SparseFile.create(file, source.sizeBytes())) {
      ExportedFile exported = new ExportedFile(out, source.sizeBytes(), keepGoing, err);
      try {
        source.reading().to(exported);
      } catch (ExportedFile.Ended ended) {
        throw ended.why();
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      out.finish();
      err.printf(
          "exported %s to %s: %s, of which %s are data%n",
          source.title(), file, new ByteSize(source.sizeBytes()), new ByteSize(out.dataBytes()));
      err.flush();
      return exported.report();
    }
  }
}
