package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.parked.DeadLetters;
import dev.cachetide.cli.parked.Letter;
import dev.cachetide.cli.parked.LetterDetail;
import dev.cachetide.cli.parked.LetterId;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code cachetide dead-letters show}, {@code cachetide conflicts show}. */
@Command(
    name = "show",
    description = {
      "Shows one of them: where it was, why it was set aside, what it holds.",
      "",
      "Names and types; values only with --values: they are a row's, and may be secret."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide dead-letters show w17 -c shop.yaml",
      "  cachetide conflicts show c4 --values -c shop.yaml",
      "",
      "Exit codes: 0 shown, 1 there is none of this id or a server does not answer,",
      "2 bad input."
    })
final class LettersShowCommand implements Callable<Integer> {

  @ParentCommand private @Nullable LettersScope parent;

  @Parameters(paramLabel = "ID", description = "As list shows it.")
  private String id = "";

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(names = "--values", description = "Show the row's values too.")
  private boolean values;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    List<Problem> problems = new ArrayList<>();
    List<LetterId> ids =
        LettersOptions.ids(Objects.requireNonNull(parent).sources(), List.of(id), problems);
    ConfigurationRejected.ifAny(problems);
    try (DeadLetters letters =
        new DeadLetters(
            Configuration.load(config.required(), EnumSet.of(Section.POSTGRES, Section.KAFKA)))) {
      Optional<LetterDetail> found = letters.read(ids.get(0), values);
      if (found.isEmpty()) {
        Objects.requireNonNull(spec)
            .commandLine()
            .getErr()
            .println("cachetide: there is no " + id + "\n    fix: take an id that list shows");
        return CachetideMain.FAILED;
      }
      report(found.get());
    }
    return CachetideMain.OK;
  }

  private void report(LetterDetail detail) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(tree(detail)));
    } else {
      facts(detail).lines().forEach(out::println);
      columns(detail).lines().forEach(out::println);
      if (detail.body() != null) {
        out.println();
        out.println(TextTable.visible(detail.body()));
      }
    }
  }

  private static ObjectNode tree(LetterDetail detail) {
    ObjectNode tree = new ObjectMapper().createObjectNode();
    LetterJson.put(detail.letter(), tree);
    ObjectNode facts = tree.putObject("facts");
    detail.facts().forEach(facts::put);
    ArrayNode fields = tree.putArray("fields");
    detail
        .fields()
        .forEach(
            field ->
                fields
                    .addObject()
                    .put("part", field.part())
                    .put("name", field.name())
                    .put("type", field.type())
                    .put("value", field.value()));
    return tree.put("body", detail.body());
  }

  private static TextTable facts(LetterDetail detail) {
    Letter letter = detail.letter();
    TextTable table = new TextTable("");
    table.add("id", letter.id().toString());
    table.add("kind", letter.sort().toString());
    table.add("set aside", LetterJson.moment(letter.at()));
    table.add(
        "where",
        letter.topic() + ", partition " + letter.partition() + ", offset " + letter.offset());
    table.add("table", letter.table() == null ? "-" : letter.table());
    table.add("reason", letter.reason());
    if (letter.sqlState() != null) {
      table.add("sqlstate", letter.sqlState());
    }
    String resolved =
        letter.resolvedAt() == null ? "" : ", " + LetterJson.moment(letter.resolvedAt());
    table.add("state", LetterJson.word(letter.state()) + resolved);
    detail.facts().forEach(table::add);
    return table;
  }

  private TextTable columns(LetterDetail detail) {
    TextTable table = new TextTable("  ");
    for (LetterDetail.Field field : detail.fields()) {
      String name = field.part().isEmpty() ? field.name() : field.part() + "." + field.name();
      table.add(name, field.type(), field.value() == null ? "" : field.value());
    }
    return table;
  }
}
