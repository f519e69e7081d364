package io.millrace.engine.daemon.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The store that an offline tool opens; for tools whose first argument is something else. */
final class OfflinePath {
  @Option(
      names = "--store",
      required = true,
      paramLabel = "PATH",
      description = "File or block device that holds the store.")
  private Path path = Path.of("");

  Path path() {
    return path;
  }
}
