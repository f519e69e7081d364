package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.GetLogPositionRequest;
import io.millrace.engine.api.GetStoreRequest;
import io.millrace.engine.core.Finding;
import io.millrace.engine.core.Fsck;
import io.millrace.engine.core.LogPosition;
import io.millrace.engine.core.ServedCheck;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.cli.Output.Field;
import io.millrace.engine.daemon.storage.ReadOnlyStorage;
import io.millrace.engine.daemon.storage.StoreInUseException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace store check}: a file system check for stores, which repairs nothing. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description =
        "Checks every structure and every live block of a store, served or not. The store is only"
            + " read.",
    footer = {
      "",
      "It holds superblocks, roots, checkpoint, log, layers, maps, commit headers, summaries and",
      "data against each other, and names segment, page, layer and block of what is wrong. A",
      "warning is something that nothing depends on and that the next opening mends, such as one",
      "of two copies of a superblock. The end of the log that no later record vouches for may be",
      "lost in a crash, so what is missing there is no damage.",
      "",
      "A store that the daemon on --socket serves is checked beside it, as it was on the disk at one",
      "moment; the daemon is asked for that moment and for nothing else. What is found is looked for",
      "once more before it is told, for the daemon goes on. Without PATH: the daemon's store."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:The store is clean; there may be warnings",
      "1:Failure, such as a disk that is not there",
      "2:Wrong usage",
      "4:Something else than the daemon on --socket holds the store, or it is too busy",
      "6:The store is damaged",
      "7:Without PATH: no daemon listens on --socket"
    })
final class StoreCheck implements Callable<Integer> {
  private static final int PROGRESS_STEPS = 10;
  private static final int QUIET_SEGMENTS = 256;

  @Parameters(
      arity = "0..1",
      paramLabel = "PATH",
      description = "File or block device that holds the store.")
  private @Nullable Path path;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--no-data",
      description = "Do not read the data blocks, only what is about them.")
  private boolean noData;

  @Mixin private Online online = new Online();
  @Mixin private Console console = new Console();

  @Override
  public Integer call() throws IOException, CommandFailure {
    Path given = path;
    Path store = given == null ? servedPath() : given;
    Fsck.Report report = given == null ? served(store) : offlineOrServed(store);
    PrintWriter out = console.out();
    if (json) {
      out.println(json(store, report));
    } else {
      print(store, report, out);
    }
    out.flush();
    return report.clean() ? ExitCode.OK : ExitCode.DAMAGED;
  }

  private Fsck.Report offlineOrServed(Path store) throws IOException, CommandFailure {
    try (ReadOnlyStorage storage = ReadOnlyStorage.open(store)) {
      return Fsck.check(storage, !noData, this::progress);
    } catch (StoreInUseException inUse) {
      if (!online.listens() || !Files.isSameFile(store, servedPath())) {
        throw inUse;
      }
      return served(store);
    }
  }

  private Path servedPath() throws CommandFailure {
    return Path.of(
        online.call(engine -> engine.getStore(GetStoreRequest.getDefaultInstance())).getPath());
  }

  private Fsck.Report served(Path store) throws IOException, CommandFailure {
    try (ReadOnlyStorage storage = ReadOnlyStorage.besideDaemon(store)) {
      return ServedCheck.check(storage, this::position, !noData, this::progress)
          .orElseThrow(
              () ->
                  new CommandFailure(
                      ExitCode.CONFLICT,
                      store + " changes faster than it can be read; try again when it is calmer"));
    } catch (Unanswered unanswered) {
      throw unanswered.why();
    }
  }

  /** The daemon is gone; the core has no word for it. */
  private static final class Unanswered extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final CommandFailure why;

    Unanswered(CommandFailure why) {
      super(why);
      this.why = why;
    }

    CommandFailure why() {
      return why;
    }
  }

  private LogPosition position() {
    try {
      var told =
          online.call(engine -> engine.getLogPosition(GetLogPositionRequest.getDefaultInstance()));
      return new LogPosition(
          UUID.fromString(told.getStoreUuid()),
          told.getDurableLsn(),
          told.getNextSegmentSequence());
    } catch (CommandFailure e) {
      throw new Unanswered(e);
    }
  }

  private void progress(int done, int all) {
    boolean step = done * PROGRESS_STEPS / all != (done - 1) * PROGRESS_STEPS / all;
    if (all > QUIET_SEGMENTS && step) {
      PrintWriter err = console.err();
      err.println("checked " + done + " of " + all + " segments");
      err.flush();
    }
  }

  private static void print(Path path, Fsck.Report report, PrintWriter out) {
    report.findings().forEach(out::println);
    long more = report.damages() + report.warnings() - report.findings().size();
    if (more > 0) {
      out.println("and " + more + " more");
    }
    Fsck.Counts c = report.counts();
    out.printf(
        "looked at %d volumes, %d snapshots, %d layers, %d chunks of the checkpoint,"
            + " %d commits in %d segments, %d blocks, the data of %d%n",
        c.volumes(),
        c.snapshots(),
        c.layers(),
        c.chunks(),
        c.commits(),
        c.segmentsInUse(),
        c.blocks(),
        c.dataBlocks());
    out.printf(
        "%s: store %s is %s: %d damaged, %d warnings%n",
        path,
        report.store().map(UUID::toString).orElse("without a name"),
        report.clean() ? "clean" : "DAMAGED",
        report.damages(),
        report.warnings());
  }

  private static String json(Path path, Fsck.Report report) {
    Fsck.Counts c = report.counts();
    List<Field> looked =
        List.of(
            new Field("volumes", c.volumes()),
            new Field("snapshots", c.snapshots()),
            new Field("layers", c.layers()),
            new Field("chunks", c.chunks()),
            new Field("segments_in_use", c.segmentsInUse()),
            new Field("commits", c.commits()),
            new Field("blocks", c.blocks()),
            new Field("data_blocks", c.dataBlocks()));
    List<Field> head =
        List.of(
            new Field("path", path.toString()),
            new Field("uuid", report.store().map(UUID::toString).orElse("")),
            new Field("clean", report.clean()),
            new Field("damages", report.damages()),
            new Field("warnings", report.warnings()));
    List<String> findings =
        report.findings().stream().map(StoreCheck::fields).map(Output::json).toList();
    String opened = Output.json(head);
    return opened.substring(0, opened.length() - 1)
        + ", \"checked\": "
        + Output.json(looked)
        + ", \"findings\": ["
        + (findings.isEmpty() ? "" : "\n  " + String.join(",\n  ", findings) + "\n")
        + "]}";
  }

  /** Numbers that do not apply are left out. */
  private static List<Field> fields(Finding finding) {
    List<Field> fields = new ArrayList<>();
    fields.add(new Field("severity", finding.severity().name().toLowerCase(Locale.ROOT)));
    fields.add(new Field("part", finding.part().name().toLowerCase(Locale.ROOT)));
    add(fields, "segment", finding.segment());
    add(fields, "page", finding.page());
    if (finding.layerId() != Finding.NONE) {
      fields.add(new Field("layer", new ObjectId(finding.layerId()).toString()));
    }
    add(fields, "block", finding.block());
    fields.add(new Field("text", finding.text()));
    fields.add(new Field("seen_by", String.join(", ", finding.seenBy())));
    return fields;
  }

  private static void add(List<Field> fields, String name, long value) {
    if (value != Finding.NONE) {
      fields.add(new Field(name, value));
    }
  }
}
