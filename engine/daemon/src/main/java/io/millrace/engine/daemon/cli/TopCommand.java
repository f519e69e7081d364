package io.millrace.engine.daemon.cli;

import io.millrace.engine.api.EngineGrpc.EngineBlockingStub;
import io.millrace.engine.api.GetMetersRequest;
import io.millrace.engine.api.Meters;
import io.millrace.engine.daemon.ExitCode;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace top}. */
@Command(
    name = "top",
    mixinStandardHelpOptions = true,
    description = {
      "What each volume does right now, the busiest first, until interrupted.",
      "Latencies are in steps of at most a sixteenth. Of volumes that were attached or exported"
          + " since the daemon started."
    })
final class TopCommand implements Callable<Integer> {
  private static final double MILLIS_PER_SECOND = 1e3;
  private static final double SECONDS_MIN = 0.1;
  private static final double SECONDS_MAX = 3600;

  /** Cursor home, and what is below is erased. */
  private static final String CLEAR = "\u001b[H\u001b[J";

  @Mixin private Online online = new Online();
  @Mixin private Output output = new Output();
  @Spec private @Nullable CommandSpec command;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "0",
      description = "Show it so many times; 0: until interrupted. Default ${DEFAULT-VALUE}.")
  private int count;

  @Option(
      names = {"-d", "--delay"},
      paramLabel = "SECONDS",
      defaultValue = "2",
      description = "What happened in so many seconds; default ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(
      names = "--sort",
      paramLabel = "BY",
      defaultValue = "requests",
      description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private TopOrder order = TopOrder.REQUESTS;

  @Option(
      names = "--volumes",
      paramLabel = "N",
      defaultValue = "20",
      description = "Show so many volumes; JSON has all. Default ${DEFAULT-VALUE}.")
  private int volumesMax;

  @Override
  public Integer call() throws CommandFailure {
    CommandSpec spec = spec();
    if (!(seconds >= SECONDS_MIN && seconds <= SECONDS_MAX) || count < 0 || volumesMax < 1) {
      throw new ParameterException(
          spec.commandLine(), "--delay is 0.1 to 3600, --count 0 or more, --volumes 1 or more");
    }
    return online.call(this::show);
  }

  private int show(EngineBlockingStub engine) {
    Meters before = look(engine);
    for (int shown = 0; count == 0 || shown < count; shown++) {
      if (!rested()) {
        break;
      }
      Meters after = look(engine);
      print(Top.between(before, after, order), shown);
      before = after;
    }
    return ExitCode.OK;
  }

  /** The connection's limit is for all calls together, and this may go on for days. */
  private static Meters look(EngineBlockingStub engine) {
    return engine
        .withDeadlineAfter(1, TimeUnit.MINUTES)
        .getMeters(GetMetersRequest.getDefaultInstance());
  }

  private boolean rested() {
    try {
      Thread.sleep(Math.round(seconds * MILLIS_PER_SECOND));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void print(Top top, int shown) {
    PrintWriter out = spec().commandLine().getOut();
    if (output.isJson()) {
      var volumes = top.volumes().stream().map(TopRow::fields).toList();
      output.object(top.header(), "volumes", java.util.List.of(), volumes);
      return;
    }
    boolean terminal = Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    if (terminal) {
      out.print(CLEAR);
    } else if (shown > 0) {
      out.println();
    }
    top.lines(volumesMax).forEach(out::println);
    out.flush();
  }

  private CommandSpec spec() {
    CommandSpec spec = command;
    if (spec == null) {
      throw new IllegalStateException("used outside a command");
    }
    return spec;
  }
}
