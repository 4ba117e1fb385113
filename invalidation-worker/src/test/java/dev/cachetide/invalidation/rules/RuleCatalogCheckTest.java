package dev.cachetide.invalidation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.CatalogFacts.PublishedTable;
import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.ReplicaIdentity;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RuleCatalogCheckTest {

  private static final TableName USERS = new TableName("public", "users");

  @Test
  void a_template_over_the_primary_key_fits_the_default_identity() {
    assertThat(problems(facts(catalog(users(ReplicaIdentity.DEFAULT))), "user:{id}")).isEmpty();
  }

  @Test
  void a_column_outside_the_identity_is_refused_with_the_line_that_helps() {
    List<Problem> problems =
        problems(facts(catalog(users(ReplicaIdentity.DEFAULT))), "user:{id}", "mail:{email}");

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).path()).isEqualTo("rules[0].evict[1].key");
    assertThat(problems.get(0).message())
        .contains("column email is not in the replica identity of public.users");
    assertThat(problems.get(0).fix())
        .isEqualTo("ALTER TABLE \"public\".\"users\" REPLICA IDENTITY FULL;");
  }

  @Test
  void a_full_identity_fits_every_column() {
    assertThat(problems(facts(catalog(users(ReplicaIdentity.FULL))), "m:{email}")).isEmpty();
  }

  @Test
  void a_misspelt_column_is_refused_with_the_nearest_one() {
    List<Problem> problems = problems(facts(catalog(users(ReplicaIdentity.FULL))), "mail:{emai}");

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).fix()).isEqualTo("did you mean email?");
  }

  @Test
  void a_missing_table_is_refused() {
    assertThat(problems(facts(Catalog.of(List.of())), "user:{id}"))
        .extracting(Problem::path)
        .containsExactly("rules[0].source");
  }

  @ParameterizedTest
  @CsvSource({
    "v, p, a view, name the tables behind it",
    "m, p, a materialized view, name the tables behind it",
    "f, p, a foreign table, name the tables behind it",
    "r, u, an unlogged table, ALTER TABLE \"public\".\"users\" SET LOGGED;",
  })
  void what_is_not_in_the_wal_is_refused(char kind, char persistence, String what, String fix) {
    List<Problem> problems =
        problems(
            facts(catalog(table(USERS, kind, persistence, ReplicaIdentity.FULL))), "user:{id}");

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).message()).contains(what);
    assertThat(problems.get(0).fix()).isEqualTo(fix);
  }

  @Test
  void a_table_without_identity_is_refused_once() {
    List<Problem> problems =
        problems(facts(catalog(users(ReplicaIdentity.NOTHING))), "user:{id}", "mail:{email}");

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).message()).contains("no replica identity");
  }

  @Test
  void a_generated_column_is_refused_unless_the_publication_sends_it() {
    Catalog catalog = catalog(users(ReplicaIdentity.FULL));

    assertThat(problems(facts(catalog), "user:{lower_email}"))
        .extracting(Problem::fix)
        .containsExactly("use the columns that it is generated from");
    assertThat(
            problems(
                published(catalog, new PublishedTable(List.of("id", "lower_email"), false)),
                "user:{lower_email}"))
        .isEmpty();
  }

  @Test
  void a_column_that_the_publication_leaves_out_is_refused() {
    List<Problem> problems =
        problems(
            published(
                catalog(users(ReplicaIdentity.FULL)), new PublishedTable(List.of("id"), false)),
            "user:{id}",
            "mail:{email}");

    assertThat(problems).extracting(Problem::path).containsExactly("rules[0].evict[1].key");
    assertThat(problems.get(0).fix()).contains("without a column list");
  }

  @Test
  void a_publication_that_leaves_out_rows_is_refused() {
    assertThat(
            problems(
                published(
                    catalog(users(ReplicaIdentity.FULL)),
                    new PublishedTable(List.of("id", "email"), true)),
                "user:{id}"))
        .extracting(Problem::message)
        .allSatisfy(message -> assertThat(message).contains("leaves out rows"))
        .hasSize(1);
  }

  @Test
  void the_identities_of_the_leaves_count_and_not_the_roots() {
    TableInfo root = table(USERS, 'p', 'p', ReplicaIdentity.FULL);
    TableInfo told = table(new TableName("public", "users_1"), 'r', 'p', ReplicaIdentity.FULL);
    TableInfo silent = table(new TableName("public", "users_2"), 'r', 'p', ReplicaIdentity.DEFAULT);
    CatalogFacts facts =
        new CatalogFacts(catalog(root), Map.of(USERS, List.of(told, silent)), Map.of());

    List<Problem> problems = problems(facts, "mail:{email}");

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).fix())
        .isEqualTo("ALTER TABLE \"public\".\"users_2\" REPLICA IDENTITY FULL;");
  }

  @Test
  void a_root_whose_leaves_tell_everything_needs_no_identity_of_its_own() {
    TableInfo root = table(USERS, 'p', 'p', ReplicaIdentity.DEFAULT);
    TableInfo leaf = table(new TableName("public", "users_1"), 'r', 'p', ReplicaIdentity.FULL);

    assertThat(
            problems(
                new CatalogFacts(catalog(root), Map.of(USERS, List.of(leaf)), Map.of()),
                "mail:{email}"))
        .isEmpty();
  }

  @Test
  void an_unlogged_leaf_is_refused() {
    TableInfo leaf = table(new TableName("public", "users_1"), 'r', 'u', ReplicaIdentity.FULL);

    assertThat(
            problems(
                new CatalogFacts(
                    catalog(table(USERS, 'p', 'p', ReplicaIdentity.FULL)),
                    Map.of(USERS, List.of(leaf)),
                    Map.of()),
                "user:{id}"))
        .extracting(Problem::fix)
        .containsExactly("ALTER TABLE \"public\".\"users_1\" SET LOGGED;");
  }

  private static CatalogFacts facts(Catalog catalog) {
    return new CatalogFacts(catalog, Map.of(), Map.of());
  }

  private static CatalogFacts published(Catalog catalog, PublishedTable table) {
    return new CatalogFacts(catalog, Map.of(), Map.of(USERS, table));
  }

  private static List<Problem> problems(CatalogFacts facts, String... templates) {
    List<RuleSettings.EvictSettings> evict = new ArrayList<>();
    for (String template : templates) {
      evict.add(
          new RuleSettings.EvictSettings("rules[0].evict[" + evict.size() + "].key", template));
    }
    RuleSet.Result compiled =
        RuleSet.compile(
            "file", List.of(new RuleSettings("rules[0]", "users", "public", "users", evict)));
    return RuleCatalogCheck.problems("file", ((RuleSet.Result.Compiled) compiled).rules(), facts);
  }

  private static Catalog catalog(TableInfo table) {
    return Catalog.of(List.of(table));
  }

  private static TableInfo users(ReplicaIdentity identity) {
    return table(USERS, 'r', 'p', identity);
  }

  private static TableInfo table(
      TableName name, char kind, char persistence, ReplicaIdentity identity) {
    List<ColumnInfo> columns =
        List.of(column("id", false), column("email", false), column("lower_email", true));
    List<String> told =
        switch (identity) {
          case FULL -> List.of("id", "email", "lower_email");
          case NOTHING -> List.of();
          default -> List.of("id");
        };
    return new TableInfo(
        name, kind, persistence, columns, List.of("id"), List.of(List.of("id")), identity, told);
  }

  private static ColumnInfo column(String name, boolean generated) {
    return new ColumnInfo(name, "pg_catalog", "text", 'S', false, generated, false, false, false);
  }
}
