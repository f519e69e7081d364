package io.millrace.engine.daemon.cli;

import io.millrace.engine.core.FormatOptions;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.storage.Contents;
import io.millrace.engine.daemon.storage.OfflineStore;
import io.millrace.engine.daemon.storage.Preparation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace store format}: makes an empty store in a file or on a block device. */
@Command(
    name = "format",
    mixinStandardHelpOptions = true,
    description = "Lays out an empty store in a file or on a block device. No daemon may serve it.",
    footer = {
      "",
      "The space is written with zeros first, because a disk makes a write to fresh or merely",
      "reserved space durable two to three times slower: it has to record the allocation too.",
      "--sparse skips that: quick to make, slower until every part has been written once.",
      "",
      "Without --force it refuses what is not empty: anything but zeros in the first or last MiB."
    })
public final class StoreFormat implements Callable<Integer> {
  private static final int PROGRESS_STEPS = 10;

  @Parameters(paramLabel = "PATH", description = "File (made if missing) or block device.")
  private Path path = Path.of("");

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description = "Size of the file, such as 10GiB; a block device is taken whole.")
  private @Nullable ByteSize size;

  @Option(names = "--sparse", description = "Do not write zeros first.")
  private boolean sparse;

  @Option(names = "--force", description = "Overwrite whatever is there. It is lost.")
  private boolean force;

  @Override
  public Integer call() throws Exception {
    boolean file = !Files.exists(path) || Files.isRegularFile(path);
    if (file && size == null) {
      throw new CommandFailure(ExitCode.USAGE, "a file needs --size, such as --size 10GiB");
    }
    refuseTooSmall();
    if (Files.exists(path)) {
      // Held while it is looked at and written: no daemon serves it, nobody has it mounted.
      try (var _ = OfflineStore.open(path, new SystemClock())) {
        if (!force) {
          refuseUnlessEmpty();
        }
        writeZeros();
      }
    } else {
      writeZeros();
    }
    // What was there has been looked at, or given up by --force.
    UUID uuid = layOut(path, true);
    System.out.println("store " + uuid + " in " + path);
    return ExitCode.OK;
  }

  /** Before a file is made that could never be a store. */
  private void refuseTooSmall() throws CommandFailure {
    ByteSize least = new ByteSize(options(new UUID(0, 0)).storeBytesMin());
    ByteSize wanted = size;
    if (wanted != null && wanted.bytes() < least.bytes()) {
      throw new CommandFailure(
          ExitCode.USAGE, "--size " + wanted + " is too small: a store needs " + least);
    }
  }

  private void refuseUnlessEmpty() throws IOException, CommandFailure {
    Optional<String> found = Contents.of(path);
    if (found.isPresent()) {
      throw new CommandFailure(
          ExitCode.CONFLICT,
          path + " is not empty, it holds " + found.get() + " (--force overwrites it)");
    }
  }

  private void writeZeros() throws IOException {
    ByteSize wanted = size;
    if (wanted != null && !sparse) {
      Preparation.zero(path, wanted.bytes(), progress(wanted.bytes(), System.err::println));
    } else if (wanted != null) {
      Preparation.sparse(path, wanted.bytes());
    }
  }

  /**
   * Makes a store in a file that does not exist. A failure or an end by a signal leaves nothing.
   *
   * @param progress told how far it is, in words
   */
  public static void create(Path path, ByteSize size, boolean sparse, Consumer<String> progress)
      throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    // Under another name until it is whole: a crash must not leave something that looks made.
    Path scratch = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(scratch);
    scratch.toFile().deleteOnExit();
    try {
      if (sparse) {
        Preparation.sparse(scratch, size.bytes());
      } else {
        requireRoom(path, folder == null ? path : folder, size);
        Preparation.zero(scratch, size.bytes(), progress(size.bytes(), progress));
      }
      UUID uuid = layOut(scratch, false);
      Files.move(scratch, path);
      progress.accept("formatted " + path + " as store " + uuid);
    } finally {
      Files.deleteIfExists(scratch);
    }
  }

  /** Before the first zero: a full disk would take the whole node along. */
  private static void requireRoom(Path path, Path folder, ByteSize size) throws IOException {
    long freeBytes = Files.getFileStore(folder).getUsableSpace();
    if (freeBytes < size.bytes()) {
      throw new IOException(
          "no room for the store "
              + path
              + ": it is to have "
              + size
              + ", the file system there has "
              + new ByteSize(freeBytes)
              + " free; make room, or ask for a smaller store");
    }
  }

  private static UUID layOut(Path path, boolean force) throws IOException {
    UUID uuid = UUID.randomUUID();
    FormatOptions options = force ? options(uuid).forced() : options(uuid);
    try (OfflineStore offline = OfflineStore.open(path, new SystemClock())) {
      Optional<String> refusal = offline.format(options);
      if (refusal.isPresent()) {
        throw new IOException(path + ": " + refusal.get());
      }
      return uuid;
    }
  }

  private static FormatOptions options(UUID uuid) {
    return FormatOptions.of(uuid, new SecureRandom().nextLong());
  }

  private static LongConsumer progress(long bytes, Consumer<String> out) {
    long[] nextStep = {1};
    return written -> {
      if (written * PROGRESS_STEPS / bytes >= nextStep[0]) {
        nextStep[0] = written * PROGRESS_STEPS / bytes + 1;
        out.accept("writing zeros: " + new ByteSize(written) + " of " + new ByteSize(bytes));
      }
    };
  }
}
