package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.GetStatsRequest;
import io.millrace.engine.daemon.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace stats}. */
@Command(
    name = "stats",
    mixinStandardHelpOptions = true,
    description = "What users asked for and what the disk was given since the daemon started.")
final class StatsCommand implements Callable<Integer> {
  @Mixin private Online online = new Online();
  @Mixin private Output output = new Output();

  @Override
  public Integer call() throws CommandFailure {
    output.object(
        Rows.of(online.call(engine -> engine.getStats(GetStatsRequest.getDefaultInstance()))));
    return ExitCode.OK;
  }
}
