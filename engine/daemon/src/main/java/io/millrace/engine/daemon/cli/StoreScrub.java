package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.DamagedBlock;
import io.millrace.engine.api.EngineGrpc.EngineBlockingStub;
import io.millrace.engine.api.GetScrubRequest;
import io.millrace.engine.api.Scrub;
import io.millrace.engine.api.StartScrubRequest;
import io.millrace.engine.daemon.ExitCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace store scrub}: has the daemon read every block, and tells what it found. */
@Command(
    name = "scrub",
    mixinStandardHelpOptions = true,
    description =
        "Has the running daemon read every live block and compare checksums, in the background, or"
            + " tells how far it is and what it found.",
    footer = {
      "",
      "It repairs nothing: a damaged block is an error for who reads it, until it is written anew or",
      "what holds it is deleted. millraced does this by itself every --scrub-days days, and reads at",
      "most --scrub-rate bytes per second. /metrics has millrace_damaged_blocks."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Begun or, with --status or --wait, nothing damaged is known",
      "1:Failure",
      "2:Wrong usage",
      "4:The daemon was told never to scrub",
      "6:With --status or --wait: there are damaged blocks; or the store has stopped",
      "7:The daemon cannot be reached, or is still recovering"
    })
final class StoreScrub implements Callable<Integer> {
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final List<String> COLUMNS =
      List.of("segment", "page", "layer", "block", "reason", "read_by");

  @Option(names = "--status", description = "Begin nothing, only tell.")
  private boolean status;

  @Option(names = "--wait", description = "Wait until the pass has ended, then tell.")
  private boolean wait;

  @Mixin private Online online = new Online();
  @Mixin private Output output = new Output();

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    if (!status) {
      ask(engine -> engine.startScrub(StartScrubRequest.getDefaultInstance()));
    }
    Scrub scrub = ask(engine -> engine.getScrub(GetScrubRequest.getDefaultInstance()));
    while (wait && scrub.getRunning()) {
      Thread.sleep(PAUSE);
      scrub = ask(engine -> engine.getScrub(GetScrubRequest.getDefaultInstance()));
    }
    print(scrub);
    boolean tells = status || wait;
    return tells && scrub.getDamagedBlocks() > 0 ? ExitCode.DAMAGED : ExitCode.OK;
  }

  private Scrub ask(Function<EngineBlockingStub, Scrub> call) throws CommandFailure {
    return online.call(call);
  }

  private void print(Scrub scrub) {
    List<DamagedBlock> damaged = scrub.getDamagedList();
    output.object(
        Rows.of(scrub).stream().filter(f -> !f.name().equals("damaged")).toList(),
        "damaged",
        COLUMNS,
        damaged.stream().map(d -> Rows.of(d, COLUMNS)).toList());
  }
}
