package dev.cachetide.invalidation.rules;

import dev.cachetide.runtime.sql.NamedSql;
import dev.cachetide.wire.TableName;
import java.util.List;

/** Where the rows are that a changed row is related to. */
public sealed interface Relation {

  /** Wherever a query of the operator's finds them. */
  record Query(NamedSql sql) implements Relation {}

  /**
   * In a table whose columns point at the changed row.
   *
   * @param columns that point; empty for those of the one foreign key
   * @param references that they point at; empty for those of the foreign key over {@code columns}
   */
  record Through(TableName table, List<String> columns, List<String> references)
      implements Relation {
    /** Copies the lists. */
    public Through {
      columns = List.copyOf(columns);
      references = List.copyOf(references);
    }
  }
}
