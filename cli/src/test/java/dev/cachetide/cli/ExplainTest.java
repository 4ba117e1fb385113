package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExplainTest {

  private static final String SHOP = Path.of("..", "examples", "shop", "cachetide.yaml").toString();

  @TempDir private Path directory;

  @Test
  void a_changed_row_is_told_by_its_old_and_its_new_keys_each_with_place_and_reason() {
    Invocation explain =
        Invocation.of(
            "explain",
            "--config",
            SHOP,
            "--table",
            "users",
            "--before",
            "{\"id\": 1, \"email\": \"ada@example.com\"}",
            "--after",
            "{\"id\": 1, \"email\": \"lovelace@example.com\"}");

    assertThat(explain.exitCode()).as(explain.err()).isZero();
    assertThat(explain.out())
        .isEqualTo(
            """
            update of public.users
              LEAVES                                   RULE   WHERE                  WHY
              key     user:1                           users  rules[0].evict[0].key  the row as it was, the row as it is
              key     user:email:ada@example.com       users  rules[0].evict[1].key  the row as it was
              key     user:email:lovelace@example.com  users  rules[0].evict[1].key  the row as it is

            """);
  }

  @Test
  void an_emptied_table_is_told_by_patterns_and_read_by_a_script() throws Exception {
    Invocation explain =
        Invocation.of(
            "explain", "-c", SHOP, "--table", "public.orders", "--op", "truncate", "--json");

    assertThat(explain.exitCode()).as(explain.err()).isZero();
    JsonNode change = new ObjectMapper().readTree(explain.out());
    assertThat(change.get("op").asText()).isEqualTo("truncate");
    assertThat(change.get("evict").get(0).get("name").asText()).isEqualTo("order:*");
    assertThat(change.get("evict").get(0).get("widened").asBoolean()).isTrue();
  }

  @Test
  void a_rule_that_does_not_apply_is_told_with_the_condition_that_fails() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("when.yaml"),
            """
            pipeline: shop
            rules:
              - name: own
                source: { table: posts }
                skip_own_writes: true
                evict: [ { key: "post:{id}" } ]
              - name: published
                source: { table: posts }
                when: { op: [update], new: { status: published, stars: { above: 3 } } }
                evict: [ { tag: "posts" } ]
              - name: renamed
                source: { table: posts }
                when: { changed: [title] }
                evict: [ { version: "titles" } ]
            """);

    Invocation explain =
        Invocation.of(
            "explain",
            "-c",
            file.toString(),
            "--table",
            "posts",
            "--own-write",
            "--before",
            "{\"id\": 1, \"title\": \"a\", \"status\": \"draft\", \"stars\": 5}",
            "--after",
            "{\"id\": 1, \"title\": \"a\", \"status\": \"draft\", \"stars\": 5}");

    assertThat(explain.exitCode()).as(explain.err()).isZero();
    assertThat(explain.out())
        .contains("nothing leaves")
        .contains("rules[0].skip_own_writes: the write-behind worker made this change")
        .contains("rules[1].when.new.status: does not hold for the row as it is")
        .contains("rules[2].when.changed: none of title has changed");
  }

  @Test
  void a_related_row_is_told_by_its_lookup_which_is_not_made() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("related.yaml"),
            """
            pipeline: shop
            rules:
              - name: products
                source: { table: products }
                fan_out:
                  - { key: "order:{id}", query: "SELECT id FROM orders WHERE product_id = ANY(:id)" }
            """);

    Invocation explain =
        Invocation.of(
            "explain", "-c", file.toString(), "--table", "products", "--after", "{\"id\": 7}");

    assertThat(explain.exitCode()).as(explain.err()).isZero();
    assertThat(explain.out()).contains("order:{id}").contains("rules[0].fan_out[0].query");
    assertThat(explain.out()).contains("{id=[7]}");
  }

  @Test
  void what_a_value_may_do_to_a_terminal_is_shown_and_not_done() {
    Invocation explain =
        Invocation.of(
            "explain",
            "-c",
            SHOP,
            "--table",
            "users",
            "--after",
            "{\"id\": 1, \"email\": \"\\u001b[2J\\n\"}");

    assertThat(explain.out()).contains("user:email:\\u001b[2J\\u000a");
  }

  @Test
  void bad_input_is_told_all_at_once_each_with_its_fix() {
    Invocation table = Invocation.of("explain", "-c", SHOP, "--table", "usres", "--after", "{}");
    assertThat(table.exitCode()).isEqualTo(2);
    assertThat(table.err())
        .contains("--table: public.usres")
        .contains("did you mean public.users?");

    Invocation json =
        Invocation.of(
            "explain", "-c", SHOP, "--table", "users", "--after", "{\"id\": 1", "--before", "[]");
    assertThat(json.exitCode()).isEqualTo(2);
    assertThat(json.err())
        .contains("--after: the row: is not valid JSON at character 9")
        .contains("--before: the row: is no JSON object")
        .contains("2 problems");

    Invocation columns =
        Invocation.of(
            "explain", "-c", SHOP, "--table", "users", "--after", "{\"id\": 1, \"mail\": 2}");
    assertThat(columns.exitCode()).isEqualTo(2);
    assertThat(columns.err())
        .contains("--after: email: is missing, and rules[0].evict[1].key looks at it")
        .contains("'mail'");

    Invocation extra =
        Invocation.of("explain", "-c", SHOP, "--table", "users", "--op", "delete", "--after", "{}");
    assertThat(extra.exitCode()).isEqualTo(2);
    assertThat(extra.err()).contains("a delete has one").contains("fix: add --before");

    Invocation nothing = Invocation.of("explain", "-c", SHOP);
    assertThat(nothing.exitCode()).isEqualTo(2);
    assertThat(nothing.err()).contains("--table").contains("--from-topic");
  }
}
