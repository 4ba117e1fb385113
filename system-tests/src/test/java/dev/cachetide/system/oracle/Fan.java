package dev.cachetide.system.oracle;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.system.oracle.Table.Relation;
import java.util.stream.Collectors;

/**
 * What leaves with the rows that point at a changed row.
 *
 * @param child number of their table in the case
 * @param table theirs
 * @param template over their columns, which a rule of their own evicts as well
 * @param cap the most of them; 0 for the default, which no case reaches
 * @param way how the rule says where they are: 0 by their foreign key, 1 by columns, 2 by a query
 */
record Fan(int child, Table table, Template template, int cap, int way) {

  /** Which of their columns points at the changed row. */
  String pointing() {
    return relation().column();
  }

  /** The changed row's column that they point at. */
  String pointedAt() {
    return relation().parent().key().get(0);
  }

  private Relation relation() {
    return table.relation();
  }

  ObjectNode json() {
    ObjectNode fan =
        JsonNodeFactory.instance.objectNode().put(template.kind(), template.text(false));
    if (way == 2) {
      fan.put("query", query());
    } else {
      ObjectNode through =
          fan.putObject("through").put("schema", table.schema()).put("table", table.name());
      if (way == 1) {
        through.putArray("columns").add(pointing());
        through.putArray("references").add(pointedAt());
      }
    }
    if (cap > 0) {
      fan.put("cap", cap);
    }
    return fan;
  }

  private String query() {
    String columns =
        template.places().stream()
            .map(place -> Table.quoted(place.column()))
            .distinct()
            .collect(Collectors.joining(", "));
    return "SELECT %s FROM %s WHERE %s = ANY(:\"%s\")"
        .formatted(columns, table.sql(), Table.quoted(pointing()), pointedAt());
  }
}
