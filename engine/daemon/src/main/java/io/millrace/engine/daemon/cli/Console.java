package io.millrace.engine.daemon.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Where a command prints to, as the one who runs it has set it; mixed into commands. */
@Command
final class Console {
  @Spec(Target.MIXEE)
  private @Nullable CommandSpec command;

  /** For what was asked for. */
  PrintWriter out() {
    return command().commandLine().getOut();
  }

  /** For progress, and for what goes wrong. */
  PrintWriter err() {
    return command().commandLine().getErr();
  }

  private CommandSpec command() {
    if (command == null) {
      throw new IllegalStateException("used outside a command");
    }
    return command;
  }
}
