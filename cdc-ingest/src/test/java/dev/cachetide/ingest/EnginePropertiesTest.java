package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.IngestSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.TablePattern;
import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class EnginePropertiesTest {

  @Test
  void the_slot_is_the_only_offset_and_nothing_is_skipped() {
    assertThat(properties("jdbc:postgresql://db/shop", Map.of()))
        .containsEntry(
            "offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore")
        .containsEntry("snapshot.mode", "no_data")
        .containsEntry("slot.name", "cachetide_shop")
        .containsEntry("slot.drop.on.stop", "false")
        .containsEntry("publication.autocreate.mode", "disabled")
        .containsEntry("lsn.flush.mode", "connector")
        .containsEntry("skipped.operations", "none")
        .containsEntry("errors.max.retries", "0")
        .containsEntry("poll.interval.ms", "1");
  }

  @Test
  void what_the_guarantees_rest_on_wins_over_the_file() {
    Map<String, String> file = Map.of("snapshot.mode", "initial", "max.batch.size", "100");
    assertThat(properties("jdbc:postgresql://db/shop", file))
        .containsEntry("snapshot.mode", "no_data")
        .containsEntry("max.batch.size", "100");
  }

  @Test
  void table_names_match_only_themselves() {
    String list =
        properties("jdbc:postgresql://db/shop", Map.of()).getOrDefault("table.include.list", "");
    List<String> patterns = List.of(list.split(",", -1));
    assertThat(patterns).hasSize(2);
    assertThat(Pattern.matches(patterns.get(0), "public.users")).isTrue();
    assertThat(Pattern.matches(patterns.get(0), "publicXusers")).isFalse();
    assertThat(Pattern.matches(patterns.get(1), "public.o,d.d\"(")).isTrue();
  }

  @Test
  void the_url_is_taken_apart() {
    assertThat(JdbcAddress.parse("jdbc:postgresql://db/shop"))
        .isEqualTo(new JdbcAddress("db", "5432", "shop", Map.of()));
    assertThat(JdbcAddress.parse("jdbc:postgresql://db:6432/my%20shop?sslmode=require&a=b"))
        .isEqualTo(
            new JdbcAddress("db", "6432", "my shop", Map.of("sslmode", "require", "a", "b")));
    assertThat(JdbcAddress.parse("jdbc:postgresql://[::1]/shop").host()).isEqualTo("[::1]");
    assertThat(JdbcAddress.parse("jdbc:postgresql://a:1,b:2/shop"))
        .isEqualTo(new JdbcAddress("a:1,b", "2", "shop", Map.of()));
    assertThatThrownBy(() -> JdbcAddress.parse("jdbc:mysql://db/shop"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Map<String, String> properties(String url, Map<String, String> debezium) {
    PipelineNames names = new PipelineNames("shop");
    IngestSettings defaults = Defaults.INGEST;
    PostgresSettings postgres =
        new PostgresSettings(
            url, "user", null, Duration.ofSeconds(5), Duration.ofSeconds(30), Map.of());
    PipelineSettings settings =
        new PipelineSettings(
            names,
            postgres,
            null,
            null,
            new IngestSettings(
                defaults.partitions(),
                defaults.replicationFactor(),
                defaults.retention(),
                defaults.pollInterval(),
                defaults.heartbeat(),
                defaults.gateLimit(),
                debezium),
            Defaults.invalidation(names),
            Defaults.WRITE_BEHIND,
            Defaults.HTTP,
            List.of(),
            List.of());
    return EngineProperties.of(
        settings,
        postgres,
        List.of(new TablePattern("public", "users"), new TablePattern("public", "o,d.d\"(")));
  }
}
