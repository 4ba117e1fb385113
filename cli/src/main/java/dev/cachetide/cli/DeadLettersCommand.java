package dev.cachetide.cli;

import dev.cachetide.cli.parked.LetterFilter.Source;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code cachetide dead-letters}. */
@Command(
    name = "dead-letters",
    description = {
      "What was set aside because it could not be applied: write commands that their table or",
      "Postgres refused (w17), and change events and requests that could not be read (e0-42)."
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
