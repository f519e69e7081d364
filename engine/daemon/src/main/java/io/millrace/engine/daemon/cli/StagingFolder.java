package io.millrace.engine.daemon.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where an offline tool that opens a store looks for what a killed engine has staged. */
final class StagingFolder {
  @Option(
      names = "--staging-dir",
      paramLabel = "DIR",
      defaultValue = "/run/millrace",
      description =
          "Where a killed millraced may have left answered writes; default ${DEFAULT-VALUE}.")
  private Path path = Path.of("");

  Path path() {
    return path;
  }
}
