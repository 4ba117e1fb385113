package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.parked.DeadLetters;
import dev.cachetide.cli.parked.Letter;
import dev.cachetide.cli.parked.LetterFilter;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.io.PrintWriter;
import java.time.Instant;
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

/** {@code cachetide dead-letters list}, {@code cachetide conflicts list}. */
@Command(
    name = "list",
    description = "Lists what was set aside, newest first. No row's value is shown.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  ${PARENT-COMMAND-FULL-NAME} list -c shop.yaml",
      "  ${PARENT-COMMAND-FULL-NAME} list --table public.users --since 2h --json -c shop.yaml",
      "",
      "Exit codes: 0 listed, 1 a server does not answer, 2 bad input."
    })
final class LettersListCommand implements Callable<Integer> {

  private static final int MOST = 10_000;

  @ParentCommand private @Nullable LettersScope parent;

  @Mixin private ConfigOption config = new ConfigOption();

  @Mixin private LettersOptions which = new LettersOptions();

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} unless given.")
  private Shown state = Shown.PARKED;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "The newest N; default ${DEFAULT-VALUE}.")
  private int limit = 50;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    List<Problem> problems = new ArrayList<>();
    LetterFilter filter =
        which.filter(Objects.requireNonNull(parent).sources(), state.only, Instant.now(), problems);
    if (limit < 1 || limit > MOST) {
      problems.add(
          new Problem("--limit", String.valueOf(limit), "is not between 1 and " + MOST, "50"));
    }
    ConfigurationRejected.ifAny(problems);
    try (DeadLetters letters =
        new DeadLetters(
            Configuration.load(config.required(), EnumSet.of(Section.POSTGRES, Section.KAFKA)))) {
      List<Letter> found = letters.list(filter, limit + 1);
      report(found.stream().limit(limit).toList(), found.size() > limit);
    }
    return CachetideMain.OK;
  }

  private void report(List<Letter> letters, boolean more) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode report = mapper.createObjectNode();
      ArrayNode list = report.putArray("letters");
      letters.forEach(letter -> LetterJson.put(letter, list.addObject()));
      out.println(mapper.writeValueAsString(report.put("more", more)));
      return;
    }
    if (letters.isEmpty()) {
      out.println("nothing");
      return;
    }
    TextTable table = new TextTable("");
    table.add("ID", "WHEN", "KIND", "WHERE", "TABLE", "STATE", "SQLSTATE", "REASON");
    letters.forEach(letter -> table.add(cells(letter)));
    table.lines().forEach(out::println);
    if (more) {
      out.println("… and more: raise --limit");
    }
  }

  private static String[] cells(Letter letter) {
    return new String[] {
      letter.id().toString(),
      LetterJson.moment(letter.at()),
      letter.sort().toString(),
      letter.topic() + "/" + letter.partition() + "@" + letter.offset(),
      letter.table() == null ? "-" : letter.table(),
      LetterJson.word(letter.state()),
      letter.sqlState() == null ? "-" : letter.sqlState(),
      letter.reason()
    };
  }

  /** Which states are listed. */
  enum Shown {
    PARKED(State.PARKED),
    REPLAYED(State.REPLAYED),
    DISCARDED(State.DISCARDED),
    ALL(null);

    private final @Nullable State only;

    Shown(@Nullable State only) {
      this.only = only;
    }

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
