package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.TableName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SqlTextTest {

  private static final String C1 = "u.c1::\"pg_catalog\".\"int8\"";

  private final TargetTable table = Tables.plain("t");

  @Test
  void an_upsert_casts_to_types_without_modifiers() {
    assertThat(SqlText.upsert(group(Ops.upsert(table, "1", "a", "x"))))
        .isEqualTo(
            "INSERT INTO \"public\".\"t\" (\"id\",\"a\") SELECT "
                + C1
                + ",u.c2::\"pg_catalog\".\"text\" FROM unnest(?::text[],?::text[]) AS u(c1,c2)"
                + " ON CONFLICT (\"id\") DO UPDATE SET \"a\"=excluded.\"a\"");
    assertThat(SqlText.upsert(group(Ops.upsert(table, "1")))).endsWith("DO NOTHING");
  }

  @Test
  void a_change_sets_and_adds_and_returns_what_it_found() {
    assertThat(SqlText.change(group(Ops.update(table, "1", "a", "x"))))
        .isEqualTo(
            "UPDATE \"public\".\"t\" AS t SET \"a\"=u.c2::\"pg_catalog\".\"text\""
                + " FROM unnest(?::text[],?::text[]) WITH ORDINALITY AS u(c1,c2,n)"
                + " WHERE t.\"id\"="
                + C1
                + " RETURNING u.n");
    assertThat(SqlText.change(group(Ops.delta(table, "1", "n", "2"))))
        .contains(
            "SET \"n\"=COALESCE(t.\"n\",'0'::\"pg_catalog\".\"int4\")"
                + "+u.c2::\"pg_catalog\".\"int4\"");
  }

  @Test
  void a_delete_names_the_row_by_its_whole_key() {
    TargetColumn odd = new TargetColumn("o\"d d", Tables.TEXT, false, true);
    TargetColumn id = new TargetColumn("ID", Tables.INT8, false, true);
    TargetTable quoted =
        new TargetTable(
            new TableName("S", "my.t"),
            List.of(odd, id),
            Map.of("o\"d d", odd, "ID", id),
            true,
            new TargetTable.References(0, false, Set.of()),
            List.of(),
            ConflictPolicy.LOG_ORDER);
    RowOp delete = RowOp.delete(quoted, List.of("x", "1"));
    assertThat(SqlText.delete(group(delete)))
        .isEqualTo(
            "DELETE FROM \"S\".\"my.t\" AS t USING unnest(?::text[],?::text[]) WITH ORDINALITY AS"
                + " u(c1,c2,n) WHERE t.\"o\"\"d d\"=u.c1::\"pg_catalog\".\"text\" AND"
                + " t.\"ID\"=u.c2::\"pg_catalog\".\"int8\" RETURNING u.n");
  }

  private static RowGroup group(RowOp op) {
    return Coalescer.coalesce(List.of(op)).get(0);
  }
}
