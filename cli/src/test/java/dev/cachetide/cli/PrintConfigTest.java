package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.runtime.settings.EffectiveConfig;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PrintConfigTest {

  private static final String SHOP =
      """
      pipeline: shop
      postgres: { url: "jdbc:postgresql://db/shop", user: app }
      kafka: { bootstrap.servers: "broker:9092", producer: { linger.ms: 5 } }
      redis: { url: "redis://cache" }
      ingest: { partitions: 3 }
      rules:
        - name: users
          source: { table: users }
          when: { changed: [email] }
          evict: [ { key: "user:{id}" }, { tag: "team:{team|lower}" } ]
          fan_out: [ { tag: "buyer:{user_id}", through: { table: orders, columns: [user_id] } } ]
          refresh: [ { key: "profile:{id}", mode: mirror, columns: [id, email], ttl: 1d } ]
      writes:
        - { table: public.users, key: [id], conflicts: optimistic, version: version }
      """;

  @TempDir private Path directory;

  @Test
  void what_is_printed_reads_as_the_same_configuration() throws Exception {
    Path file = write("shop.yaml", SHOP);
    Invocation print = Invocation.of("print-config", "-c", file.toString());

    PipelineSettings before = settings(file);
    PipelineSettings after = settings(write("again.yaml", print.out()));

    assertThat(print.exitCode()).as(print.err()).isZero();
    assertThat(after.postgres()).isEqualTo(before.postgres());
    assertThat(after.kafka()).isEqualTo(before.kafka());
    assertThat(after.redis()).isEqualTo(before.redis());
    assertThat(after.ingest()).isEqualTo(before.ingest());
    assertThat(after.invalidation()).isEqualTo(before.invalidation());
    assertThat(after.writebehind()).isEqualTo(before.writebehind());
    assertThat(after.http()).isEqualTo(before.http());
    assertThat(after.reload()).isEqualTo(before.reload());
    assertThat(after.rules()).isEqualTo(before.rules());
    assertThat(after.writes()).isEqualTo(before.writes());
  }

  @Test
  void each_value_says_where_it_is_from() throws Exception {
    Path rules = Files.createDirectory(directory.resolve("rules"));
    Path carts =
        Files.writeString(
            rules.resolve("carts.yaml"),
            "name: carts\nsource: { table: carts }\nevict: [ { key: \"cart:{id}\" } ]\n");
    Path file = write("shop.yaml", SHOP + "ruleFiles: rules\n");
    Map<String, String> environment = Map.of("CACHETIDE_INGEST_GATE_LIMIT", "9s");

    EffectiveConfig config = EffectiveConfig.of(file, environment).orElseThrow();
    Map<String, String> from = new HashMap<>();
    Map<String, String> value = new HashMap<>();
    for (JsonNode each : new ConfigText(config).values(new ObjectMapper())) {
      from.put(each.get("path").asText(), each.get("from").asText());
      value.put(each.get("path").asText(), each.get("value").asText());
    }

    assertThat(from)
        .containsEntry("ingest.partitions", file.toString())
        .containsEntry("ingest.gateLimit", "environment CACHETIDE_INGEST_GATE_LIMIT")
        .containsEntry("ingest.retention", "default")
        .containsEntry("invalidation.topicPrefix", "default")
        .containsEntry("rules[0].evict[0].key", file.toString())
        .containsEntry("rules[1].evict[0].key", carts.toString());
    assertThat(value)
        .containsEntry("ingest.gateLimit", "9s")
        .containsEntry("ingest.retention", "7d")
        .containsEntry("invalidation.topicPrefix", "shop")
        .containsEntry("kafka.producer.\"linger.ms\"", "5");
  }

  @Test
  void a_file_with_mistakes_is_bad_input() throws Exception {
    Path file = write("bad.yaml", "pipeline: shop\ningest: { partitions: 0 }\n");

    Invocation print = Invocation.of("print-config", "-c", file.toString());

    assertThat(print.exitCode()).isEqualTo(2);
    assertThat(print.err()).contains("ingest.partitions");
  }

  private Path write(String name, String text) throws Exception {
    return Files.writeString(directory.resolve(name), text);
  }

  private static PipelineSettings settings(Path file) {
    LoadedSettings loaded = SettingsLoader.load(file, Map.of());
    assertThat(loaded).isInstanceOf(LoadedSettings.Loaded.class);
    return ((LoadedSettings.Loaded) loaded).settings();
  }
}
