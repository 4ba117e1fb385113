package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.key.Reference.Image;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A lookup that a changed row calls for, as it would be made; for people, nothing is looked up.
 *
 * @param values of the changed row that it is made with, by column: as the row was and as it is,
 *     null for NULL; empty where the relation is a foreign key, whose columns the database knows
 */
public record RelatedRows(FanOut fanOut, Map<String, Set<@Nullable String>> values) {

  /** Keeps the order. */
  public RelatedRows {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** Those of a rule that applies; an emptied table is not looked up. */
  static List<RelatedRows> of(Rule rule, ChangedRow row) {
    List<RelatedRows> lookups = new ArrayList<>();
    if (row.event().operation() != Operation.TRUNCATE) {
      rule.fanOut().forEach(fanOut -> lookups.add(new RelatedRows(fanOut, values(fanOut, row))));
    }
    return lookups;
  }

  private static Map<String, Set<@Nullable String>> values(FanOut fanOut, ChangedRow row) {
    Map<String, Set<@Nullable String>> values = new LinkedHashMap<>();
    for (String column : columns(fanOut.relation())) {
      Set<@Nullable String> both = new LinkedHashSet<>();
      for (Image image : List.of(Image.OLD, Image.NEW)) {
        if (row.exists(image) && row.value(image, column).known()) {
          both.add(row.value(image, column).text());
        }
      }
      values.put(column, both);
    }
    return values;
  }

  private static List<String> columns(Relation relation) {
    return relation instanceof Relation.Query query
        ? query.sql().parameters()
        : ((Relation.Through) relation).references();
  }

  /** Where the rows are, in words. */
  public String where() {
    return fanOut.relation() instanceof Relation.Query
        ? "the rows that its query finds"
        : "rows of " + ((Relation.Through) fanOut.relation()).table() + " that point here";
  }
}
