package dev.cachetide.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.FanOutSettings.Through;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class FanOutSettingsTest {

  private static final String KEY = "key: \"order:{id}\"";
  private static final String QUERY = "query: \"SELECT id FROM orders WHERE p = ANY(:id)\"";

  @TempDir private Path directory = Path.of(".");

  private static String yaml(String entry) {
    return "pipeline: shop\nrules:\n"
        + "  - name: products\n"
        + "    source: { table: products }\n"
        + "    evict: [ { key: \"product:{id}\" } ]\n"
        + "    fan_out: [ { "
        + entry
        + " } ]\n";
  }

  private FanOutSettings bound(String entry) {
    return new ConfigFile(directory, yaml(entry)).settings(Map.of()).rules().get(0).fanOut().get(0);
  }

  @Test
  void what_the_file_leaves_out_has_its_default() {
    EvictSettings evict = new EvictSettings("rules[0].fan_out[0].key", Kind.KEY, "order:{id}");

    assertThat(bound(KEY + ", through: orders"))
        .isEqualTo(
            new FanOutSettings(
                "rules[0].fan_out[0]",
                evict,
                null,
                new Through("public", "orders", List.of(), List.of()),
                1_000,
                null));
    assertThat(bound(KEY + ", " + QUERY).query())
        .isEqualTo("SELECT id FROM orders WHERE p = ANY(:id)");
  }

  @Test
  void everything_that_the_file_says_is_bound() {
    assertThat(
            bound(
                "tag: \"o:{id}\", through: { schema: app, table: orders, columns: [a, b],"
                    + " references: [x, y] }, cap: 7, above: { pattern: \"o:{x}:*\" }"))
        .isEqualTo(
            new FanOutSettings(
                "rules[0].fan_out[0]",
                new EvictSettings("rules[0].fan_out[0].tag", Kind.TAG, "o:{id}"),
                null,
                new Through("app", "orders", List.of("a", "b"), List.of("x", "y")),
                7,
                new EvictSettings("rules[0].fan_out[0].above.pattern", Kind.PATTERN, "o:{x}:*")));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void each_mistake_is_named_with_its_path_and_its_fix(
      String entry, String path, String message, String fix) {
    List<Problem> problems = new ConfigFile(directory, yaml(entry)).problems(Map.of());

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).path()).isEqualTo("rules[0].fan_out[0]" + path);
    assertThat(problems.get(0).message()).isEqualTo(message);
    assertThat(problems.get(0).fix()).contains(fix);
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        Arguments.of(
            KEY,
            "",
            "does not say where the related rows are",
            "add `through: orders`, the table whose foreign key points here, or a query"),
        Arguments.of(
            KEY + ", through: orders, " + QUERY,
            ".through",
            "query says already where the rows are",
            "keep one of the two"),
        Arguments.of(
            "through: orders",
            "",
            "does not say what leaves with a related row",
            "such as `key: \"order:{id}\"`"),
        Arguments.of(
            KEY + ", tag: \"o:{id}\", through: orders",
            "",
            "says more than one thing: key, tag",
            "one entry for each"),
        Arguments.of(
            "pattern: \"order:{id}:*\", through: orders",
            ".pattern",
            "'order:{id}:*' is not allowed",
            "write key, tag or version instead: each pattern reads the whole keyspace"),
        Arguments.of(
            "key: \"{id}\", through: orders",
            ".key",
            "key template '{id}' has no fixed beginning, so that evicting the table's keys would evict every key",
            "begin with a prefix"),
        Arguments.of(
            "key: \"order:{old.id|lower}\", through: orders",
            ".key",
            "'{old.id|lower}' asks for an image of a row that did not change",
            "write {id}"),
        Arguments.of(
            KEY + ", query: \"SELECT id FROM orders\"",
            ".query",
            "names no column of the changed row, so that each change would find the same rows",
            "such as `WHERE product_id = ANY(:id)`"),
        Arguments.of(
            KEY + ", query: \"DELETE FROM orders WHERE id = ANY(:id)\"",
            ".query",
            "is no SELECT",
            "begin with SELECT or WITH"),
        Arguments.of(
            KEY + ", query: \"SELECT ':id\"", ".query", "a string is not closed", "close it"),
        Arguments.of(KEY + ", query: \"\"", ".query", "is empty", "SELECT id FROM orders"),
        Arguments.of(KEY + ", through: orders, cap: 0", ".cap", "0 is below 1", "such as 1000"),
        Arguments.of(
            KEY + ", through: orders, cap: 100001",
            ".cap",
            "100001 is above 100000",
            "such as 1000"),
        Arguments.of(
            KEY + ", through: orders, above: { tag: a, key: b }",
            ".above",
            "says more than one thing",
            "one of key, tag, version and pattern"),
        Arguments.of(
            KEY + ", through: orders, above: { pattern: \"o:{id}*\" }",
            ".above.pattern",
            "pattern template 'o:{id}*' has a wildcard directly after a column, so that other rows' keys could match",
            "}:*"),
        Arguments.of(
            KEY + ", through: { columns: [a] }",
            ".through.table",
            "is missing",
            "add `table: orders`"),
        Arguments.of(
            KEY + ", through: { table: orders, columns: [a, b], references: [id] }",
            ".through.references",
            "names 1 columns, and columns names 2",
            "in their order"),
        Arguments.of(
            KEY + ", through: { table: orders, references: [id] }",
            ".through.references",
            "names 1 columns, and columns names 0",
            "in their order"),
        Arguments.of(
            KEY + ", throgh: orders, " + QUERY,
            ".throgh",
            "the key 'throgh' is not known",
            "did you mean 'through'?"));
  }
}
