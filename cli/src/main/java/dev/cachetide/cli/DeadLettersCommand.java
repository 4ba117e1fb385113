package dev.cachetide.cli;

import dev.cachetide.cli.parked.LetterFilter.Source;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code cachetide dead-letters}. */
@Command(
    name = "dead-letters",
    description = {
      "Writes that were refused, and change events that could not be read.",
      "",
      "w17 is a write command that its table or Postgres refused, e0-42 a change event",
      "or a request that no worker could read."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      LettersListCommand.class,
      LettersShowCommand.class,
      LettersReplayCommand.class,
      LettersDiscardCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  cachetide dead-letters list -c shop.yaml",
      "  cachetide dead-letters show w17 -c shop.yaml",
      "  cachetide dead-letters replay w17 -c shop.yaml",
      "  cachetide dead-letters discard e0-42 -c shop.yaml",
      "",
      "Exit codes: 0 done, 1 it failed, 2 bad input."
    })
final class DeadLettersCommand implements LettersScope {

  @Override
  public Set<Source> sources() {
    return EnumSet.of(Source.WRITES, Source.EVENTS);
  }
}
