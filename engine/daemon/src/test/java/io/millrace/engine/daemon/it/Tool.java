package io.millrace.engine.daemon.it;

import io.millrace.engine.daemon.cli.Millrace;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code millrace}, the admin's tool, run in this process: all that its {@code main} runs, without
 * the second that starting a virtual machine takes. {@link ToolIT} runs it as a program.
 */
final class Tool {
  private Tool() {}

  /** Output and errors together. */
  static Shell.Result run(String... arguments) {
    StringWriter output = new StringWriter();
    PrintWriter out = new PrintWriter(output, true);
    int exitCode = Millrace.commandLine().setOut(out).setErr(out).execute(arguments);
    List<String> command = new ArrayList<>(List.of("millrace"));
    command.addAll(List.of(arguments));
    return new Shell.Result(command, exitCode, output.toString());
  }
}
