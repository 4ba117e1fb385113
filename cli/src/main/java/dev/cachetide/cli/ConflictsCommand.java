package dev.cachetide.cli;

import dev.cachetide.cli.parked.LetterFilter.Source;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code cachetide conflicts}. */
@Command(
    name = "conflicts",
    description = {
      "Writes that lost against a change which their writer had not seen.",
      "",
      "c4 is a write command whose row no longer had the version that it named. To let",
      "it win all the same, replay it with the row's version as its --base."
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
      "  cachetide conflicts list --table public.accounts -c shop.yaml",
      "  cachetide conflicts show c4 --values -c shop.yaml",
      "  cachetide conflicts replay c4 --base 9 -c shop.yaml",
      "  cachetide conflicts discard --all --yes -c shop.yaml",
      "",
      "Exit codes: 0 done, 1 it failed, 2 bad input."
    })
final class ConflictsCommand implements LettersScope {

  @Override
  public Set<Source> sources() {
    return EnumSet.of(Source.CONFLICTS);
  }
}
