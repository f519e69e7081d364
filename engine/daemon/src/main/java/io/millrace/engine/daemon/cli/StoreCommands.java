package io.millrace.engine.daemon.cli;

import picocli.CommandLine.Command;

/** {@code millrace store …}. */
@Command(
    name = "store",
    mixinStandardHelpOptions = true,
    description = "Lays out a store, looks into it, and gets data out of it.",
    subcommands = {
      StoreFormat.class,
      StoreShow.class,
      StoreExport.class,
      StoreCheck.class,
      StoreDumpCommand.class
    })
final class StoreCommands {}
