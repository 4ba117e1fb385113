package dev.cachetide.cli;

import picocli.CommandLine.Command;

/** {@code cachetide topics}. */
@Command(
    name = "topics",
    description = "Looks after a pipeline's topics.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = TopicsCreateCommand.class,
    footer = {"", "Example:", "  cachetide topics create --dry-run -c shop.yaml"})
final class TopicsCommand {}
