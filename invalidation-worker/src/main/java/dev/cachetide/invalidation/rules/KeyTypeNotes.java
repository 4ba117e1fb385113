package dev.cachetide.invalidation.rules;

import dev.cachetide.key.Reference;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Columns whose text is easily written otherwise by an application than by the workers, so that its
 * keys and the rules' keys may differ: no mistakes, but worth a look. Pure.
 */
public final class KeyTypeNotes {

  private static final Map<String, String> TEXTS =
      Map.of(
          "float4", "digits of a float",
          "float8", "digits of a float",
          "timestamp", "a timestamp as 2024-05-01T09:00:00Z, with as many digits as it has",
          "timestamptz", "a timestamp as 2024-05-01T09:00:00Z, with as many digits as it has",
          "json", "a JSON document in one line",
          "jsonb", "a JSON document in one line");

  private KeyTypeNotes() {}

  /**
   * In the order of the rules.
   *
   * @param file as notes name it
   * @param facts of the rules' tables
   */
  public static List<Problem> of(String file, RuleSet rules, CatalogFacts facts) {
    List<Problem> notes = new ArrayList<>();
    for (Rule rule : rules.rules()) {
      facts
          .catalog()
          .table(new TableName(rule.schema(), rule.table()))
          .ifPresent(
              table -> {
                for (Rule.Eviction eviction : rule.evict()) {
                  eviction.template().references().stream()
                      .distinct()
                      .flatMap(
                          each -> table.column(each.column()).flatMap(c -> note(c, each)).stream())
                      .distinct()
                      .forEach(
                          text ->
                              notes.add(
                                  new Problem(
                                      file,
                                      eviction.path(),
                                      "'" + eviction.template() + "': " + text,
                                      "check that readers write the key the same way, or use a"
                                          + " format such as {…|date:yyyy-MM-dd} or"
                                          + " {…|json:$.a}")));
                }
              });
    }
    return notes;
  }

  private static Optional<String> note(ColumnInfo column, Reference reference) {
    return Optional.ofNullable(TEXTS.get(column.typeName()))
        .filter(text -> reference.formats().isEmpty())
        .map(
            text -> "column " + column.name() + " of type " + column.typeName() + " gives " + text);
  }
}
