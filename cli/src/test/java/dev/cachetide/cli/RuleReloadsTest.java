package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Reloadable;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RuleReloadsTest {

  private static final String PIPELINE = "pipeline: shop\n";
  private static final String RULES =
      "rules: [ { name: a, source: { table: t }, evict: [ { key: \"a:{id}\" } ] } ]\n";

  @TempDir private Path directory = Path.of(".");
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<PipelineSettings> taken = new ArrayList<>();
  private final List<Problem> catalog = new ArrayList<>();
  private boolean away;

  private RuleReloads started() throws Exception {
    write(PIPELINE);
    Reloadable program =
        settings -> {
          taken.add(settings);
          return List.of();
        };
    return new RuleReloads(
        Configuration.load(file(), EnumSet.noneOf(dev.cachetide.runtime.settings.Section.class)),
        () -> SettingsLoader.load(file(), Map.of()),
        settings -> {
          if (away) {
            throw new SQLException("away", "08006");
          }
          return catalog;
        },
        List.of(program),
        meters);
  }

  private Path file() {
    return directory.resolve("cachetide.yaml");
  }

  private void write(String yaml) throws Exception {
    Files.writeString(file(), yaml);
  }

  private double count(String result) {
    return meters.counter("cachetide.reload", "result", result).count();
  }

  @Test
  void good_rules_are_handed_to_every_program() throws Exception {
    RuleReloads reloads = started();
    write(PIPELINE + RULES);
    assertThat(reloads.reload()).isTrue();
    assertThat(taken.get(0).rules()).extracting(RuleSettings::name).containsExactly("a");
    assertThat(count("ok")).isEqualTo(1);
  }

  @Test
  void a_mistake_in_the_file_or_in_the_catalogue_changes_nothing() throws Exception {
    RuleReloads reloads = started();
    write(PIPELINE + "ruls: []\n");
    assertThat(reloads.reload()).isTrue();
    write(PIPELINE + RULES);
    catalog.add(new Problem("f", "rules[0]", "there is no table", "create it"));
    assertThat(reloads.reload()).isTrue();
    assertThat(taken).isEmpty();
    assertThat(count("failed")).isEqualTo(2);
  }

  @Test
  void a_postgres_that_is_away_settles_nothing() throws Exception {
    RuleReloads reloads = started();
    write(PIPELINE + RULES);
    away = true;
    assertThat(reloads.reload()).isFalse();
    away = false;
    assertThat(reloads.reload()).isTrue();
    assertThat(taken).hasSize(1);
    assertThat(count("failed")).isZero();
  }

  @Test
  void only_the_rules_are_taken_over() throws Exception {
    RuleReloads reloads = started();
    write(PIPELINE + RULES + "http: { port: 9 }\n");
    assertThat(reloads.reload()).isTrue();
    assertThat(taken.get(0).http().port()).isEqualTo(8080);
    assertThat(taken.get(0).rules()).hasSize(1);
  }
}
