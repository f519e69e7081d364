package io.millrace.engine.daemon.cli;

import io.millrace.engine.core.StoreDump;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.storage.ReadOnlyStorage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace store dump}: the records of a store as text. */
@Command(
    name = "dump",
    mixinStandardHelpOptions = true,
    description =
        "Prints the records of a store that no daemon serves, whether or not they make sense:"
            + " superblocks, roots and the checkpoint or, with --segment, everything in a segment."
            + " The store is only read.",
    footer = {
      "",
      "docs/FORMAT.md says what the numbers are. The data of blocks and the secret of the store are",
      "not printed; names of volumes are."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Printed",
      "1:Failure, such as a disk that is not there",
      "2:Wrong usage, or no such segment",
      "4:A daemon serves the store",
      "6:No superblock is readable"
    })
final class StoreDumpCommand implements Callable<Integer> {
  @Parameters(paramLabel = "PATH", description = "File or block device that holds the store.")
  private Path path = Path.of("");

  @Option(
      names = "--segment",
      paramLabel = "N",
      description = "Everything in this segment; 0 has the superblocks and roots.")
  private @Nullable Integer segment;

  @Mixin private Console console = new Console();

  @Override
  public Integer call() throws IOException, CommandFailure {
    PrintWriter out = console.out();
    try (ReadOnlyStorage storage = ReadOnlyStorage.open(path)) {
      StoreDump dump = new StoreDump(storage, out::println);
      Integer wanted = segment;
      if (wanted == null) {
        dump.overview();
      } else if (wanted < 0 || (dump.segments() > 0 && wanted >= dump.segments())) {
        throw new CommandFailure(
            ExitCode.USAGE, "the store has segments 0 to " + (dump.segments() - 1));
      } else {
        dump.segment(wanted);
      }
      out.flush();
      return dump.segments() > 0 ? ExitCode.OK : ExitCode.DAMAGED;
    }
  }
}
