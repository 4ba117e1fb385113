package dev.cachetide.runtime.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.sql.NamedSql.Parsing;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NamedSqlTest {

  @Test
  void a_name_after_a_colon_is_a_parameter_wherever_it_stands() {
    NamedSql sql = parsed("SELECT :a, f(:b,:a) FROM t WHERE x=ANY(:\"order id\") AND y=:ärger");

    assertThat(sql.parameters()).containsExactly("a", "b", "order id", "ärger");
    assertThat(sql.render(name -> "<" + name + ">"))
        .isEqualTo("SELECT <a>, f(<b>,<a>) FROM t WHERE x=ANY(<order id>) AND y=<ärger>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT x::int FROM t",
        "SELECT x ::int, y:: text FROM t",
        "SELECT ':a', 'it''s :a' FROM t",
        "SELECT E'\\':a', e'\\\\' FROM t",
        "SELECT U&'\\0041:a' FROM t",
        "SELECT \":a\", \"x\"\":a\" FROM t",
        "SELECT 1 -- :a 'open\n FROM t",
        "SELECT 1 /* :a /* ' */ :b */ FROM t",
        "SELECT $$:a ' $$, $x$ :a $$ :b $x$ FROM t",
        "SELECT a$b$c, :=1 FROM t",
        "SELECT x[1:n], x[n:m], y[a[1]:b] FROM t",
        "SELECT 1 : 2 FROM t",
        "SELECT '\\', x FROM t",
      })
  void what_else_a_colon_can_be_is_none(String text) {
    NamedSql sql = parsed(text);

    assertThat(sql.parameters()).isEmpty();
    assertThat(sql.render(name -> "?")).isEqualTo(text);
  }

  @Test
  void an_operator_that_is_a_question_mark_is_doubled_and_one_in_quotes_is_not() {
    assertThat(parsed("SELECT a ?| b, '?', \"?\" /* ? */ -- ?").render(name -> ""))
        .isEqualTo("SELECT a ??| b, '?', \"?\" /* ? */ -- ?");
  }

  @Test
  void a_string_as_long_as_a_query_may_be_is_read() {
    assertThat(parsed("SELECT '" + "''".repeat(4_900) + "', :a").parameters()).containsExactly("a");
    assertThat(parsed("SELECT E'" + "\\'".repeat(4_900) + "', :a").parameters()).hasSize(1);
    assertThat(parsed("SELECT '" + "x".repeat(9_900) + "', :a").parameters()).hasSize(1);
  }

  @Test
  void a_parameter_may_be_cast_and_stand_in_a_list() {
    assertThat(parsed("WITH x AS (SELECT ARRAY[:a, :b]) SELECT :c::int[]").parameters())
        .isEqualTo(List.of("a", "b", "c"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "DELETE FROM t WHERE id = ANY(:id) | is no SELECT",
        "/* SELECT */ UPDATE t SET a = 1   | is no SELECT",
        "-- SELECT                         | is no SELECT",
        "SELECT 1; DROP TABLE t            | holds a semicolon",
        "SELECT 1;                         | holds a semicolon",
        "SELECT 'open                      | a string is not closed",
        "SELECT E'open\\'                  | a string is not closed",
        "SELECT \"open                     | a quoted name is not closed",
        "SELECT /* /* */                   | a comment is not closed",
        "SELECT $a$ $b$                    | a dollar quote is not closed",
        "SELECT (1                         | a bracket is not closed",
        "SELECT 1) x, (SELECT 2            | ')' closes a bracket that is not open",
        "SELECT (1]                        | ']' closes a bracket that is not open",
        "SELECT $1                         | holds a parameter by number",
      })
  void what_could_not_be_sent_as_one_query_is_refused(String text, String message) {
    assertThat(NamedSql.parse(text))
        .isInstanceOfSatisfying(
            Parsing.Refused.class,
            refused -> {
              assertThat(refused.message()).startsWith(message);
              assertThat(refused.fix()).isNotBlank();
            });
  }

  private static NamedSql parsed(String text) {
    assertThat(NamedSql.parse(text)).isInstanceOf(Parsing.Parsed.class);
    return ((Parsing.Parsed) NamedSql.parse(text)).sql();
  }
}
