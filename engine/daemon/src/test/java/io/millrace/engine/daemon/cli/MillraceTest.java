package io.millrace.engine.daemon.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.millrace.engine.daemon.ExitCode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class MillraceTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Millrace.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  @Test
  void everyCommandHasHelpAndADescription() {
    List<CommandLine> commands = new ArrayList<>(List.of(Millrace.commandLine()));
    for (int i = 0; i < commands.size(); i++) {
      CommandLine command = commands.get(i);
      commands.addAll(command.getSubcommands().values());
      String help = command.getUsageMessage();
      assertTrue(help.contains("--help"), help);
      assertTrue(command.getCommandSpec().usageMessage().description().length > 0, help);
    }
    assertEquals(26, commands.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "volume create v",
        "volume create v --size ten",
        "volume attach",
        "volume attach v --sector big",
        "snapshot create v",
        "clone s",
        "stats -o yaml",
        "store export v file",
        "store import file v --store s",
        "store import file v --store s --format vhd",
        "store rebuild",
        "store dump path --segment many",
        "frobnicate"
      })
  void wrongUsageEndsWithTwo(String line) {
    assertEquals(ExitCode.USAGE, run(line.split(" ")));
    assertFalse(err.toString().isBlank());
  }

  @Test
  void aSizeThatIsNoneIsExplained() {
    run("volume", "create", "v", "--size", "ten");
    assertTrue(err.toString().contains("'ten' is no size; write for example"), err.toString());
  }

  @Test
  void withoutADaemonItSaysSoAndEndsWithSeven() {
    assertEquals(ExitCode.UNREACHABLE, run("stats", "--socket", "/nonexistent/engine.sock"));
    assertEquals(
        "millrace: no daemon listens on /nonexistent/engine.sock; is millraced running, or is it"
            + " another --socket?\n",
        err.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "INVALID_ARGUMENT, 2",
    "NOT_FOUND, 3",
    "ALREADY_EXISTS, 4",
    "FAILED_PRECONDITION, 4",
    "ABORTED, 4",
    "RESOURCE_EXHAUSTED, 5",
    "DATA_LOSS, 6",
    "UNAVAILABLE, 7",
    "INTERNAL, 1"
  })
  void statusCodesBecomeExitCodes(Status.Code code, int exitCode) {
    assertEquals(exitCode, Millrace.exitCode(code.toStatus().asRuntimeException()));
  }
}
