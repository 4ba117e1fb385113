package dev.cachetide.cli;

import dev.cachetide.cli.parked.DeadLetters;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code cachetide dead-letters discard}, {@code cachetide conflicts discard}. */
@Command(
    name = "discard",
    description = {
      "Decides that nothing is to be done about them; they stay on record.",
      "",
      "A write that is discarded is never applied."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide dead-letters discard w17 e0-42 --yes -c shop.yaml",
      "  ${PARENT-COMMAND-FULL-NAME} discard --all --table public.users -c shop.yaml",
      "",
      "Exit codes: 0 all of them, 1 some could not be or a server does not answer,",
      "2 bad input."
    })
final class LettersDiscardCommand implements Callable<Integer> {

  @ParentCommand private @Nullable LettersScope parent;

  @Mixin private LettersToResolve which = new LettersToResolve();

  @Mixin private ConfigOption config = new ConfigOption();

  @Mixin private Confirmation confirmation = new Confirmation();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    List<Problem> problems = new ArrayList<>();
    which.check(Objects.requireNonNull(parent).sources(), problems);
    ConfigurationRejected.ifAny(problems);
    try (DeadLetters letters =
        new DeadLetters(
            Configuration.load(config.required(), EnumSet.of(Section.POSTGRES, Section.KAFKA)))) {
      return new LettersResolution(Objects.requireNonNull(spec).commandLine(), json, "discarded")
          .run(
              which.find(letters),
              confirmation,
              id -> {
                letters.discard(id);
                return "";
              });
    }
  }
}
