package dev.cachetide.cli;

import dev.cachetide.cli.parked.LetterFilter.Source;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code cachetide conflicts}. */
@Command(
    name = "conflicts",
    description = {
      "Write commands that lost: their row no longer had the version that the writer had seen (c4).",
      "To let one win all the same, replay it with the version that was found as its --base."
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
