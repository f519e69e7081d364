package io.millrace.engine.daemon.cli;

import picocli.CommandLine.Command;

/** {@code millrace store …}. */
@Command(
    name = "store",
    mixinStandardHelpOptions = true,
    description = "Lays out a store, looks into it, mends it, and gets data in and out of it.",
    subcommands = {
      StoreFormat.class,
      StoreShow.class,
      StoreExport.class,
      StoreImport.class,
      StoreCheck.class,
      StoreRebuild.class,
      StoreScrub.class,
      StoreDumpCommand.class
    })
final class StoreCommands {}
