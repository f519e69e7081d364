package io.millrace.engine.daemon.cli;

import io.grpc.StatusRuntimeException;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.storage.StoreInUseException;
import io.millrace.engine.daemon.storage.WrongFileException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point of {@code millrace}: the tree of commands and what failures become. */
@Command(
    name = "millrace",
    mixinStandardHelpOptions = true,
    version = "millrace 0.1.0",
    description = "Looks after a Millrace store: its volumes, snapshots, clones and attachments.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Done",
      "1:Failure",
      "2:Wrong usage or argument",
      "3:No such object",
      "4:Exists already as something else, is in use, or is busy",
      "5:The store is full",
      "6:The store is damaged or has stopped",
      "7:The daemon cannot be reached, or is still recovering"
    },
    subcommands = {
      StoreCommands.class,
      VolumeCommands.class,
      SnapshotCommands.class,
      CloneCommand.class,
      StatsCommand.class,
      TopCommand.class
    })
public final class Millrace {
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The tool with all its commands; {@code execute} gives the exit code. */
  public static CommandLine commandLine() {
    return new CommandLine(new Millrace())
        .registerConverter(ByteSize.class, new ByteSizeConverter())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> report(failure, command.getErr()));
  }

  private static int report(Exception failure, PrintWriter err) {
    if (failure instanceof StatusRuntimeException refused) {
      String description = refused.getStatus().getDescription();
      err.println("millrace: " + (description == null ? refused.getMessage() : description));
      return exitCode(refused);
    }
    err.println("millrace: " + words(failure));
    return switch (failure) {
      case CommandFailure named -> named.exitCode();
      case StoreInUseException _ -> ExitCode.CONFLICT;
      case WrongFileException _ -> ExitCode.USAGE;
      default -> ExitCode.FAILURE;
    };
  }

  /** Of a file that can't be used, Java tells the name alone. */
  private static String words(Exception failure) {
    return switch (failure) {
      case NoSuchFileException e -> e.getFile() + ": no such file or directory";
      case AccessDeniedException e -> e.getFile() + ": permission denied";
      case NotDirectoryException e -> e.getFile() + ": not a directory";
      default -> String.valueOf(failure.getMessage());
    };
  }

  static int exitCode(StatusRuntimeException refused) {
    return switch (refused.getStatus().getCode()) {
      case INVALID_ARGUMENT, OUT_OF_RANGE -> ExitCode.USAGE;
      case NOT_FOUND -> ExitCode.NOT_FOUND;
      case ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED -> ExitCode.CONFLICT;
      case RESOURCE_EXHAUSTED -> ExitCode.NO_SPACE;
      case DATA_LOSS -> ExitCode.DAMAGED;
      case UNAVAILABLE -> ExitCode.UNREACHABLE;
      default -> ExitCode.FAILURE;
    };
  }
}
