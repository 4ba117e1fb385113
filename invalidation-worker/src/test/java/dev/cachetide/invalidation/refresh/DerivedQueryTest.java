package dev.cachetide.invalidation.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class DerivedQueryTest {

  @Test
  void columns_become_arrays_of_their_type() {
    DerivedQuery query =
        DerivedQuery.parse("SELECT a::text FROM t WHERE id = ANY(:id) AND b = ANY(:b)");

    assertThat(query.columns()).containsExactly("id", "b");
    assertThat(query.sql(List.of("int8", "text")))
        .isEqualTo("SELECT a::text FROM t WHERE id = ANY(?::int8[]) AND b = ANY(?::text[])");
  }

  @Test
  void a_colon_in_text_names_comments_and_casts_begins_no_column() {
    String sql =
        "SELECT ':a', \":b\", $$:c$$, $x$:d$x$ -- :e\n /* :f */ FROM t WHERE j ? 'k' AND id = ANY(:id)";
    DerivedQuery query = DerivedQuery.parse(sql);

    assertThat(query.columns()).containsExactly("id");
    assertThat(query.sql(List.of("int8")))
        .isEqualTo(sql.replace("?", "??").replace(":id", "?::int8[]"));
  }
}
