package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.key.Reference.Image;
import dev.cachetide.runtime.sql.NamedSql;
import java.util.List;
import java.util.stream.Stream;

/** What the schema cannot say of one {@code fan_out}. Passes over what has another shape. */
final class FanOutChecks {

  private static final List<RuleSettings.Kind> KINDS =
      List.of(RuleSettings.Kind.KEY, RuleSettings.Kind.TAG, RuleSettings.Kind.VERSION);

  private final JsonNode config;
  private final Problems problems;

  FanOutChecks(JsonNode config, Problems problems) {
    this.config = config;
    this.problems = problems;
  }

  /** Checks the entries of one rule. */
  void run(ConfigPath list) {
    for (int i = 0; i < list.in(config).size(); i++) {
      ConfigPath path = list.child(i);
      if (path.in(config).isObject() && !problems.cover(path)) {
        checkTemplate(path);
        checkSource(path);
        checkQuery(path.child("query"));
        checkThrough(path.child("through"));
        checkAbove(path.child("above"));
      }
    }
  }

  private void checkTemplate(ConfigPath path) {
    List<String> named =
        KINDS.stream().map(RuleSettings.Kind::key).filter(path.in(config)::has).toList();
    if (named.isEmpty() && !path.in(config).has(RuleSettings.Kind.PATTERN.key())) {
      problems.add(
          path,
          "does not say what leaves with a related row",
          "add one of key, tag and version, such as `key: \"order:{id}\"`");
    } else if (named.size() > 1) {
      problems.add(
          path,
          "says more than one thing: " + String.join(", ", named),
          "write one entry for each");
    }
    KINDS.forEach(kind -> checkImages(kind, path.child(kind.key())));
  }

  /** A related row is looked up as it is; it has no other image. */
  private void checkImages(RuleSettings.Kind kind, ConfigPath path) {
    compile(kind, path);
    if (kind.compile(path.in(config).asText()) instanceof Compilation.Compiled compiled) {
      compiled.template().references().stream()
          .filter(reference -> reference.image() != Image.EITHER)
          .findFirst()
          .ifPresent(
              reference ->
                  problems.add(
                      path,
                      "'{" + reference + "}' asks for an image of a row that did not change",
                      "write {" + reference.column() + "}"));
    }
  }

  private void checkAbove(ConfigPath path) {
    Stream.of(RuleSettings.Kind.values()).forEach(kind -> compile(kind, path.child(kind.key())));
  }

  private void compile(RuleSettings.Kind kind, ConfigPath path) {
    JsonNode template = path.in(config);
    if (template.isTextual()
        && kind.compile(template.textValue()) instanceof Compilation.Refused refused) {
      problems.add(path, refused.message(), refused.fix());
    }
  }

  private void checkSource(ConfigPath path) {
    boolean query = path.in(config).has("query");
    if (query && path.in(config).has("through")) {
      problems.add(
          path.child("through"), "query says already where the rows are", "keep one of the two");
    } else if (!query && !path.in(config).has("through")) {
      problems.add(
          path,
          "does not say where the related rows are",
          "add `through: orders`, the table whose foreign key points here, or a query");
    }
  }

  private void checkQuery(ConfigPath path) {
    String text = path.in(config).asText("");
    if (text.isBlank()) {
      return;
    }
    NamedSql.Parsing parsing = NamedSql.parse(text);
    if (parsing instanceof NamedSql.Parsing.Refused refused) {
      problems.add(path, refused.message(), refused.fix());
    } else if (((NamedSql.Parsing.Parsed) parsing).sql().parameters().isEmpty()) {
      problems.add(
          path,
          "names no column of the changed row, so that each change would find the same rows",
          "name one as :column, such as `WHERE product_id = ANY(:id)`");
    }
  }

  private void checkThrough(ConfigPath path) {
    int columns = path.child("columns").in(config).size();
    int references = path.child("references").in(config).size();
    if (references > 0 && columns != references) {
      problems.add(
          path.child("references"),
          "names " + references + " columns, and columns names " + columns,
          "name a column of the source for each of columns, in their order");
    }
  }
}
