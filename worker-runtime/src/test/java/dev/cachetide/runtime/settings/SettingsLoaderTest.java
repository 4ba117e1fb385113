package dev.cachetide.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.PipelineNames;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsLoaderTest {

  private static final String WHOLE =
      """
      pipeline: shop
      postgres:
        url: "jdbc:postgresql://db:5433/shop?ApplicationName=x"
        user: cachetide
        password: "s3cret"
        connectTimeout: 1s
        socketTimeout: 1m
        properties: { sslmode: require, loginTimeout: 5 }
      kafka:
        bootstrap.servers: "a:9092, b:9092"
        security.protocol: SSL
        producer: { linger.ms: 5 }
        consumer: { fetch.min.bytes: 9, check.crcs: true }
      redis: { url: "rediss://user:pass@cache:6380/3", timeout: 500ms }
      ingest:
        partitions: 3
        replicationFactor: 2
        retention: 30d
        pollInterval: 10ms
        heartbeat: 5s
        gateLimit: 1m
        debezium: { max.batch.size: 4096 }
      invalidation:
        source: debezium
        topicPrefix: dbserver1
        maxPollRecords: 10
        maxPollInterval: 1m
        retryBackoffMax: 2s
        drainTimeout: 3s
        canaryLimit: 45s
      writebehind:
        partitions: 12
        replicationFactor: 3
        retention: 12h
        maxPollRecords: 11
        maxPollInterval: 2m
        retryBackoffMax: 4s
        drainTimeout: 6s
        batch:
          { maxRows: 7, maxBytes: 2048, linger: 20ms, targetLatency: 300ms, maxRowsPerSecond: 900 }
        idempotenceWindow: 2h
        receiptRetention: 3d
      http: { host: 0.0.0.0, port: 0 }
      rules:
        - name: users
          source: { schema: app, table: users }
          evict:
            - key: "user:{id}"
            - key: "${not:a:secret}:{email}"
      writes:
        - { table: app.users, key: [tenant, id], conflicts: optimistic, version: version }
        - { table: orders, key: [id] }
      """;

  @TempDir private Path directory = Path.of(".");

  private PipelineSettings load(String yaml) {
    return new ConfigFile(directory, yaml).settings(Map.of());
  }

  @Test
  void an_item_of_a_rule_names_a_key_a_tag_a_version_or_a_pattern() {
    RuleSettings rule =
        load("""
                pipeline: shop
                rules:
                  - name: users
                    source: { table: users }
                    evict:
                      - key: "a:{id}"
                      - tag: "b:{id}"
                      - version: "c:{id}"
                      - pattern: "d:{id}:*"
                """)
            .rules()
            .get(0);
    assertThat(rule.evict())
        .containsExactly(
            new RuleSettings.EvictSettings("rules[0].evict[0].key", "a:{id}"),
            new RuleSettings.EvictSettings(
                "rules[0].evict[1].tag", RuleSettings.Kind.TAG, "b:{id}"),
            new RuleSettings.EvictSettings(
                "rules[0].evict[2].version", RuleSettings.Kind.VERSION, "c:{id}"),
            new RuleSettings.EvictSettings(
                "rules[0].evict[3].pattern", RuleSettings.Kind.PATTERN, "d:{id}:*"));
  }

  @Test
  void every_key_of_a_whole_file_is_read() {
    PipelineSettings settings = load(WHOLE);
    assertThat(settings.postgres())
        .isEqualTo(
            new PostgresSettings(
                "jdbc:postgresql://db:5433/shop?ApplicationName=x",
                "cachetide",
                "s3cret",
                Duration.ofSeconds(1),
                Duration.ofMinutes(1),
                Map.of("sslmode", "require", "loginTimeout", "5")));
    assertThat(settings.kafka())
        .isEqualTo(
            new KafkaSettings(
                Map.of("bootstrap.servers", "a:9092, b:9092", "security.protocol", "SSL"),
                Map.of("linger.ms", "5"),
                Map.of("fetch.min.bytes", "9", "check.crcs", "true")));
    assertThat(settings.redis())
        .isEqualTo(new RedisSettings("rediss://user:pass@cache:6380/3", Duration.ofMillis(500)));
    assertThat(settings.http()).isEqualTo(new HttpSettings("0.0.0.0", 0));
  }

  @Test
  void every_key_of_the_roles_is_read() {
    PipelineSettings settings = load(WHOLE);
    assertThat(settings.ingest())
        .isEqualTo(
            new IngestSettings(
                3,
                (short) 2,
                Duration.ofDays(30),
                Duration.ofMillis(10),
                Duration.ofSeconds(5),
                Duration.ofMinutes(1),
                Map.of("max.batch.size", "4096")));
    assertThat(settings.invalidation())
        .isEqualTo(
            new InvalidationSettings(
                InvalidationSettings.Source.DEBEZIUM,
                "dbserver1",
                10,
                Duration.ofMinutes(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                Duration.ofSeconds(45)));
    assertThat(settings.writebehind())
        .isEqualTo(
            new WriteBehindSettings(
                12,
                (short) 3,
                Duration.ofHours(12),
                11,
                Duration.ofMinutes(2),
                Duration.ofSeconds(4),
                Duration.ofSeconds(6),
                new WriteBehindSettings.BatchSettings(
                    7, 2_048, Duration.ofMillis(20), Duration.ofMillis(300), 900),
                Duration.ofHours(2),
                Duration.ofDays(3)));
  }

  @Test
  void rules_and_writes_know_where_they_stand_and_keep_their_text() {
    PipelineSettings settings = load(WHOLE);
    assertThat(settings.rules())
        .containsExactly(
            new RuleSettings(
                "rules[0]",
                "users",
                "app",
                "users",
                List.of(
                    new RuleSettings.EvictSettings("rules[0].evict[0].key", "user:{id}"),
                    new RuleSettings.EvictSettings(
                        "rules[0].evict[1].key", "${not:a:secret}:{email}"))));
    assertThat(settings.writes())
        .containsExactly(
            new WriteTableSettings(
                "writes[0]",
                "app",
                "users",
                List.of("tenant", "id"),
                WriteTableSettings.Conflicts.OPTIMISTIC,
                "version"),
            new WriteTableSettings(
                "writes[1]",
                "public",
                "orders",
                List.of("id"),
                WriteTableSettings.Conflicts.LOG_ORDER,
                null));
  }

  @Test
  void the_defaults_are_these() {
    PipelineSettings settings =
        load(
            """
            pipeline: shop
            postgres: { url: "jdbc:postgresql://db/shop", user: u }
            redis: { url: "redis://cache" }
            """);
    assertThat(settings)
        .isEqualTo(
            new PipelineSettings(
                new PipelineNames("shop"),
                new PostgresSettings(
                    "jdbc:postgresql://db/shop",
                    "u",
                    null,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Map.of()),
                null,
                new RedisSettings("redis://cache", Duration.ofSeconds(2)),
                new IngestSettings(
                    6,
                    (short) -1,
                    Duration.ofDays(7),
                    Duration.ofMillis(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(30),
                    Map.of()),
                new InvalidationSettings(
                    InvalidationSettings.Source.CACHETIDE,
                    "shop",
                    1000,
                    Duration.ofMinutes(5),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(30)),
                new WriteBehindSettings(
                    6,
                    (short) -1,
                    Duration.ofDays(7),
                    50_000,
                    Duration.ofMinutes(5),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(10),
                    new WriteBehindSettings.BatchSettings(
                        30_000, 16_777_216, Duration.ZERO, Duration.ofSeconds(1), 0),
                    Duration.ofHours(24),
                    Duration.ofDays(7)),
                new HttpSettings("127.0.0.1", 8080),
                List.of(),
                List.of()));
  }

  @Test
  void the_published_schema_states_the_defaults_that_hold() {
    String yaml =
        """
            pipeline: shop
            postgres: { url: "jdbc:postgresql://db/shop", user: u, %s }
            redis: { url: "redis://cache", %s }
            ingest: { %s }
            invalidation: { %s }
            writebehind: { %s }
            http: { %s }
            """
            .formatted(
                published("postgres"),
                published("redis"),
                published("ingest"),
                published("invalidation"),
                published("writebehind"),
                published("http"));
    assertThat(load(yaml))
        .isEqualTo(
            load(
                """
                pipeline: shop
                postgres: { url: "jdbc:postgresql://db/shop", user: u }
                redis: { url: "redis://cache" }
                """));
  }

  private static String published(String section) {
    ConfigSchema schema = new ConfigSchema();
    List<String> lines =
        schema.keys(ConfigPath.of(section)).stream()
            .map(key -> ConfigPath.of(section, key))
            .filter(path -> !schema.publishedDefault(path).isMissingNode())
            .map(path -> path.last() + ": " + schema.publishedDefault(path).asText())
            .toList();
    assertThat(lines).isNotEmpty();
    return String.join(", ", lines);
  }

  @Test
  void environment_variables_overrule_the_file() {
    PipelineSettings settings =
        new ConfigFile(directory, "pipeline: shop\nhttp: { port: 1 }")
            .settings(
                Map.of(
                    "CACHETIDE_POSTGRES_URL", "jdbc:postgresql://db/shop",
                    "CACHETIDE_POSTGRES_USER", "u",
                    "CACHETIDE_POSTGRES_PASSWORD", "p",
                    "CACHETIDE_POSTGRES_PROPERTIES_SSLMODE", "require",
                    "CACHETIDE_KAFKA_BOOTSTRAP_SERVERS", "k:9092",
                    "CACHETIDE_KAFKA_PRODUCER_LINGER_MS", "9",
                    "CACHETIDE_INGEST_GATE_LIMIT", "7s",
                    "CACHETIDE_HTTP_PORT", "9090",
                    "CACHETIDE_INGEST_REPLICATION_FACTOR", "-1",
                    "OTHER", "ignored"));
    PostgresSettings postgres = Objects.requireNonNull(settings.postgres());
    KafkaSettings kafka = Objects.requireNonNull(settings.kafka());
    assertThat(postgres.password()).isEqualTo("p");
    assertThat(postgres.properties()).containsOnly(Map.entry("sslmode", "require"));
    assertThat(kafka.common()).containsOnly(Map.entry("bootstrap.servers", "k:9092"));
    assertThat(kafka.producer()).containsOnly(Map.entry("linger.ms", "9"));
    assertThat(settings.ingest().gateLimit()).isEqualTo(Duration.ofSeconds(7));
    assertThat(settings.http().port()).isEqualTo(9090);
  }

  @Test
  void variables_that_a_scheduler_sets_for_services_are_no_settings() {
    PipelineSettings settings =
        new ConfigFile(directory, "pipeline: shop")
            .settings(
                Map.of(
                    "CACHETIDE_REDIS_SERVICE_HOST", "10.0.0.1",
                    "CACHETIDE_REDIS_PORT", "tcp://10.0.0.1:6379",
                    "CACHETIDE_KAFKA_PORT_9092_TCP_ADDR", "10.0.0.1",
                    "CACHETIDE_HOME", "/opt/cachetide"));
    assertThat(settings.redis()).isNull();
    assertThat(settings.kafka()).isNull();
  }

  @Test
  void secrets_come_from_variables_files_and_directories() {
    ConfigFile file =
        new ConfigFile(
            directory,
            """
            pipeline: shop
            postgres: { url: "jdbc:postgresql://${env:DB}/shop", user: u, password: "${file:%s/cachetide.yaml:pipeline}" }
            redis: { url: "redis://cache", timeout: "${env:TIMEOUT}" }
            kafka: { bootstrap.servers: "k:1", ssl.truststore.certificates: "${dir:%s:cachetide.yaml}" }
            http: { port: "${env:PORT}" }
            """
                .formatted(directory, directory));
    PipelineSettings settings = file.settings(Map.of("DB", "db", "PORT", "81", "TIMEOUT", "3s"));
    PostgresSettings postgres = Objects.requireNonNull(settings.postgres());
    assertThat(postgres.url()).isEqualTo("jdbc:postgresql://db/shop");
    assertThat(postgres.password()).isEqualTo("shop");
    assertThat(Objects.requireNonNull(settings.kafka()).common().get("ssl.truststore.certificates"))
        .startsWith("pipeline: shop");
    assertThat(settings.http().port()).isEqualTo(81);
  }

  @Test
  void settings_do_not_show_their_secrets() {
    assertThat(load(WHOLE).toString()).doesNotContain("s3cret", "user:pass");
  }

  @Test
  void the_schema_beside_the_reference_is_the_one_that_is_used() {
    assertThat(Path.of("../docs/config.schema.json"))
        .hasSameTextualContentAs(
            Path.of("src/main/resources/dev/cachetide/runtime/settings/config.schema.json"));
  }

  @Test
  void the_example_is_a_valid_configuration() {
    assertThat(SettingsLoader.load(Path.of("../examples/shop/cachetide.yaml"), Map.of()))
        .isInstanceOfSatisfying(
            LoadedSettings.Loaded.class,
            loaded -> assertThat(loaded.settings().rules()).isNotEmpty());
  }
}
