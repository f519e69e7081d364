package io.millrace.engine.daemon.cli;

import picocli.CommandLine.Command;

/** {@code millrace store …}. */
@Command(
    name = "store",
    mixinStandardHelpOptions = true,
    description = "Lays out a store, or tells what it holds.",
    subcommands = {StoreFormat.class, StoreShow.class})
final class StoreCommands {}
