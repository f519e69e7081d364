package io.millrace.engine.daemon.cli;

import io.millrace.engine.core.FormatOptions;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.SystemClock;
import io.millrace.engine.daemon.storage.OfflineStore;
import io.millrace.engine.daemon.storage.Preparation;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
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
      "--sparse skips that: quick to make, slower until every part has been written once."
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

  @Option(names = "--force", description = "Overwrite a store that is there. Its data are lost.")
  private boolean force;

  @Override
  public Integer call() throws Exception {
    boolean file = !Files.exists(path) || Files.isRegularFile(path);
    if (file && size == null) {
      throw new CommandFailure(ExitCode.USAGE, "a file needs --size, such as --size 10GiB");
    }
    boolean empty = file && (!Files.exists(path) || Files.size(path) == 0);
    if (!empty && !force) {
      refuseIfStore();
    }
    if (size != null && !sparse) {
      Preparation.zero(path, size.bytes(), progress(size.bytes(), System.err));
    } else if (size != null) {
      Preparation.sparse(path, size.bytes());
    }
    // What was there has been looked at, or given up by --force.
    UUID uuid = layOut(path, true);
    System.out.println("store " + uuid + " in " + path);
    return ExitCode.OK;
  }

  /** Asks the core while what is there is still there: the zeros come before the layout. */
  private void refuseIfStore() throws IOException, CommandFailure {
    try (OfflineStore offline = OfflineStore.open(path, new SystemClock())) {
      Optional<String> refusal = offline.format(options(UUID.randomUUID()));
      if (refusal.isPresent()) {
        throw new CommandFailure(
            ExitCode.CONFLICT, path + ": " + refusal.get() + " (--force overwrites it)");
      }
    }
  }

  /** Makes a store in a file that does not exist. */
  public static void create(Path path, ByteSize size, boolean sparse, PrintStream out)
      throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    // Under another name until it is whole: a crash must not leave something that looks made.
    Path scratch = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(scratch);
    if (sparse) {
      Preparation.sparse(scratch, size.bytes());
    } else {
      Preparation.zero(scratch, size.bytes(), progress(size.bytes(), out));
    }
    UUID uuid = layOut(scratch, false);
    Files.move(scratch, path);
    out.println("formatted " + path + " as store " + uuid);
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

  private static java.util.function.LongConsumer progress(long bytes, PrintStream out) {
    long[] nextStep = {1};
    return written -> {
      if (written * PROGRESS_STEPS / bytes >= nextStep[0]) {
        nextStep[0] = written * PROGRESS_STEPS / bytes + 1;
        out.println("writing zeros: " + new ByteSize(written) + " of " + new ByteSize(bytes));
      }
    };
  }
}
