package io.millrace.engine.daemon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.storage.OfflineStore;
import io.millrace.engine.daemon.storage.RawImage;
import io.millrace.engine.daemon.storage.RingFolder;
import io.millrace.engine.daemon.storage.WrongFileException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace store import}: a disk image as a volume of a store that nobody serves. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description =
        "Takes a raw or qcow2 file into a volume of a store that no daemon serves. The volume is"
            + " made with the size of the image or, if there is one, nothing was ever written to it"
            + " and it is not smaller.",
    footer = {
      "",
      "The format is what --format says and is never guessed. A qcow2 file is made raw first, by",
      "qemu-img in the --scratch folder, which needs room for its data; one that needs another file",
      "(backing file, external data) is refused. Zeros take no room. A raw image that ends within a",
      "sector of 512 bytes is filled up with zeros. VOLUME is changed in one step when everything is",
      "there: what an interrupted import leaves is a volume named .millrace-import, which the next",
      "import removes."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:VOLUME holds every byte of FILE, durably",
      "1:Failure, such as a disk that is not there",
      "2:Wrong usage, a bad name, or FILE is not what --format says",
      "3:No such FILE",
      "4:VOLUME has been written to or is too small, or a daemon serves the store",
      "5:The store is full",
      "6:The store is damaged, or the disk failed"
    })
final class StoreImport implements Callable<Integer> {
  /** What FILE is, in the words of the command line. */
  enum Format {
    raw,
    qcow2
  }

  @Parameters(index = "0", paramLabel = "FILE", description = "Disk image, or a block device.")
  private Path file = Path.of("");

  @Parameters(index = "1", paramLabel = "VOLUME", description = "Name of the volume.")
  private String volume = "";

  @Mixin private OfflinePath store = new OfflinePath();

  @Option(
      names = "--format",
      required = true,
      paramLabel = "raw|qcow2",
      description = "What FILE is.")
  private Format format = Format.raw;

  @Option(
      names = "--scratch",
      paramLabel = "DIR",
      defaultValue = "${sys:java.io.tmpdir}",
      description = "Where a qcow2 file is made raw; default ${DEFAULT-VALUE}.")
  private Path scratch = Path.of("");

  @Mixin private StagingFolder staging = new StagingFolder();

  @Mixin private Console console = new Console();

  @Override
  public Integer call() throws IOException, CommandFailure, InterruptedException {
    refuse();
    if (format == Format.raw) {
      take(file);
      return ExitCode.OK;
    }
    Qcow2Header header = Qcow2Header.read(file);
    Path raw = Files.createTempFile(scratch, "millrace-import", ".raw");
    raw.toFile().deleteOnExit();
    try {
      convert(header, raw);
      take(raw);
    } finally {
      Files.deleteIfExists(raw);
    }
    return ExitCode.OK;
  }

  private void refuse() throws IOException, CommandFailure {
    if (!Files.exists(file)) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "no such file: " + file);
    }
    WrongFileException.refuse(file);
    if (Files.exists(store.path()) && Files.isSameFile(file, store.path())) {
      throw new CommandFailure(ExitCode.CONFLICT, file + " is the store itself");
    }
    if (volume.equals(ImportedVolume.SCRATCH)) {
      throw new CommandFailure(ExitCode.USAGE, "'" + volume + "' is what unfinished imports have");
    }
  }

  private void convert(Qcow2Header header, Path raw)
      throws IOException, CommandFailure, InterruptedException {
    tell("converting %s of qcow2 in %s".formatted(new ByteSize(header.virtualBytes()), scratch));
    // An absolute path, or qemu-img might take a part of it for a protocol.
    Process process =
        start(
            "qemu-img",
            "convert",
            "-f",
            "qcow2",
            "-O",
            "raw",
            file.toAbsolutePath().toString(),
            raw.toAbsolutePath().toString());
    String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    if (process.waitFor() != 0) {
      String line = said.replaceAll("\\s+", " ");
      throw new CommandFailure(ExitCode.USAGE, file + " can't be converted: " + line);
    }
  }

  private static Process start(String... command) throws CommandFailure {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILURE, "qemu-img, which reads qcow2, can't be run: " + e.getMessage());
    }
  }

  private void take(Path raw) throws IOException, CommandFailure {
    try (RawImage image = RawImage.open(raw)) {
      if (image.sizeBytes() == 0) {
        throw new CommandFailure(ExitCode.USAGE, file + " is empty");
      }
      takeInto(image);
    }
  }

  private void takeInto(RawImage image) throws IOException, CommandFailure {
    RingFolder rings = new RingFolder(staging.path(), _ -> {});
    try (OfflineStore offline = OfflineStore.open(store.path(), new SystemClock())) {
      StoreOptions options = StoreOptions.defaults().withCacheBytes(0);
      switch (offline.volumes(options, rings)) {
        case OfflineStore.Opened.Refused(String reason) ->
            throw new CommandFailure(ExitCode.DAMAGED, store.path() + ": " + reason);
        case OfflineStore.Opened.Served(var volumes) -> {
          try (volumes) {
            ImportedVolume made = new ImportedVolume(volumes, volume, this::tell);
            tell(made.take(image), made.dataBytes());
          }
        }
      }
    }
    rings.remove();
  }

  private void tell(Catalog.Volume made, long dataBytes) {
    tell(
        "imported %s as volume %s (%s): %s, of which %s are data"
            .formatted(
                file,
                made.name(),
                new ObjectId(made.id()),
                new ByteSize(made.sizeBytes()),
                new ByteSize(dataBytes)));
  }

  private void tell(String text) {
    PrintWriter err = console.err();
    err.println(text);
    err.flush();
  }
}
