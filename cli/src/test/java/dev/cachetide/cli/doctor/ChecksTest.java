package dev.cachetide.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.doctor.Finding.Section;
import dev.cachetide.cli.doctor.Finding.Severity;
import dev.cachetide.cli.doctor.PostgresFacts.RoleFacts;
import dev.cachetide.cli.doctor.PostgresFacts.Slot;
import dev.cachetide.cli.doctor.PostgresFacts.Table;
import dev.cachetide.cli.doctor.Program.Privilege;
import dev.cachetide.invalidation.RedisFacts;
import dev.cachetide.runtime.PipelineTopics;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.wire.TableName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checks that a test stack does not bring about, each on facts made up for it. */
@SuppressWarnings("NullAway.Init")
final class ChecksTest {

  private static final Set<Program> ALL = Program.running();
  private static final Slot READ = new Slot("pgoutput", true, "reserved", true, true);

  @TempDir private Path directory;
  private PipelineSettings settings;
  private final Map<String, String> server = new HashMap<>();
  private final Map<TableName, Table> tables = new HashMap<>();

  @BeforeEach
  void read() throws Exception {
    settings =
        settings(
            """
            pipeline: shop
            kafka: { bootstrap.servers: "broker:9092" }
            redis: { url: "redis://cache" }
            rules:
              - name: users
                source: { table: users }
                evict: [ { key: "user:{id}" } ]
            writes:
              - { table: public.stock, key: [id] }
            """);
    server.putAll(
        Map.of(
            "max_replication_slots", "10",
            "max_wal_senders", "10",
            "max_wal_size", "1024",
            "max_slot_wal_keep_size", "16384",
            "synchronous_commit", "on",
            "synchronized_standby_slots", ""));
    tables.put(
        new TableName("public", "stock"),
        new Table(true, false, rows(), false, List.of(Set.of("id"))));
  }

  @Test
  void a_good_postgres_has_nothing_to_put_right() {
    assertThat(postgres(17, READ, 0, role(false, false))).isEmpty();
  }

  @Test
  void an_old_server_and_a_standby_are_wrong() {
    assertThat(postgres(14, READ, 0, role(false, false)))
        .containsExactly("FAIL version: Postgres 14.0 is older than 15");
  }

  @Test
  void a_slot_is_told_by_what_became_of_it() {
    assertThat(
            postgres(17, new Slot("wal2json", true, "reserved", true, true), 0, role(false, false)))
        .containsExactly("FAIL slot: cachetide_shop belongs to another plugin or database");
    assertThat(postgres(17, new Slot("pgoutput", false, "lost", true, true), 0, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("FAIL slot: cachetide_shop is lost");
    assertThat(
            postgres(
                17, new Slot("pgoutput", true, "unreserved", true, true), 0, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("FAIL slot: cachetide_shop is about to be given up");
    assertThat(postgres(17, null, 0, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("WARN slot: cachetide_shop is missing");
  }

  @Test
  void a_slot_that_no_standby_keeps_is_worth_a_look_where_there_are_standbys() {
    Slot alone = new Slot("pgoutput", true, "reserved", false, true);

    assertThat(postgres(17, alone, 0, role(false, false))).isEmpty();
    assertThat(postgres(16, alone, 1, role(false, false))).isEmpty();
    assertThat(postgres(17, alone, 1, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("WARN failover: cachetide_shop is not kept on standbys");
    assertThat(postgres(17, READ, 1, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("WARN failover: synchronized_standby_slots is empty");
  }

  @Test
  void too_little_wal_kept_no_sender_left_and_an_old_schema_are_found() {
    server.put("max_slot_wal_keep_size", "100");
    server.put("max_wal_senders", "1");

    assertThat(postgres(17, null, 0, role(false, false)))
        .anyMatch(line -> line.startsWith("WARN max_slot_wal_keep_size: 100 MB is less"))
        .anyMatch(line -> line.startsWith("FAIL WAL senders: all 1 are taken"));
  }

  @Test
  void rights_that_nobody_needs_and_a_key_without_an_index_are_found() {
    tables.put(new TableName("public", "stock"), new Table(true, false, rows(), false, List.of()));

    assertThat(postgres(17, READ, 0, role(true, true)))
        .containsExactly(
            "WARN role: app may create roles, which no program needs",
            "WARN role: app bypasses row-level security, which no program needs",
            "WARN key: no unique index on the key of public.stock, so that a row may come to be"
                + " twice, and each command scans");
  }

  @Test
  void a_schema_that_may_not_be_used_is_granted_by_name() {
    tables.put(new TableName("Odd", "t"), new Table(false, false, Set.of(), false, List.of()));
    Report report = new Report(Section.POSTGRES);
    new GrantChecks(settings, ALL)
        .all()
        .get(0)
        .look(facts(17, READ, 0, role(false, false)), report);

    assertThat(report.findings())
        .extracting(Finding::fix)
        .containsExactly("GRANT USAGE ON SCHEMA \"Odd\" TO \"app\";");
  }

  @Test
  void copies_of_a_topic_are_held_against_what_a_write_needs() {
    assertThat(kafka(topic(2, 2, "min.insync.replicas", "3")))
        .containsExactly(
            "FAIL replication: shop.writes has 2 copies, and min.insync.replicas is 3: nothing can"
                + " be written");
    assertThat(kafka(topic(6, 2, "min.insync.replicas", "2")))
        .singleElement()
        .asString()
        .startsWith("WARN replication: shop.writes has as many copies");
    assertThat(kafka(topic(6, 3, "min.insync.replicas", "2"))).isEmpty();
  }

  @Test
  void what_removes_accepted_writes_early_is_found() {
    assertThat(kafka(topic(6, 3, "retention.bytes", "1000000")))
        .containsExactly(
            "WARN retention: shop.writes: retention.bytes is set: a longer backlog loses accepted"
                + " writes");
    assertThat(kafka(topic(6, 3, "message.timestamp.type", "CreateTime")))
        .singleElement()
        .asString()
        .startsWith("WARN timestamps: shop.writes has CreateTime");
  }

  @Test
  void a_refusal_of_kafka_is_told_as_such_and_not_as_a_missing_topic() {
    KafkaFacts facts =
        new KafkaFacts(
            3,
            (short) 25,
            true,
            Map.of(),
            Map.of("shop.write-behind", new KafkaFacts.Group("Consumer", "Stable", 1)),
            Map.of("Describe of topic shop.writes", "Topic authorization failed."),
            null);

    assertThat(kafka(facts))
        .contains(
            "WARN ACL: Kafka refuses Describe of topic shop.writes, so that it is not checked:"
                + " Topic authorization failed.")
        .anyMatch(line -> line.startsWith("WARN auto.create.topics.enable: true"))
        .anyMatch(line -> line.startsWith("FAIL group: shop.write-behind speaks the protocol"))
        .noneMatch(line -> line.contains("shop.writes is missing"));
  }

  @Test
  void a_redis_that_is_old_a_replica_or_clustered_otherwise_than_said_is_wrong() {
    assertThat(
            redis(
                settings,
                new RedisFacts(
                    "default",
                    true,
                    List.of(redisServer("6.2.1", true, "noeviction", 0)),
                    Map.of())))
        .anyMatch(line -> line.startsWith("FAIL version: cache: Redis 6.2.1"))
        .anyMatch(line -> line.startsWith("FAIL cluster: redis.url is a node of a cluster"))
        .anyMatch(line -> line.startsWith("FAIL role: cache is a replica"))
        .anyMatch(line -> line.startsWith("WARN identity: this start of Redis is not the one"));
  }

  /** docs/cache-entries.md: absent is safe, for all but members of plain tags and positions. */
  @Test
  void an_eviction_policy_matters_where_something_else_than_entries_would_leave() throws Exception {
    RedisFacts evicting =
        new RedisFacts(
            "default", false, List.of(redisServer("7.4.0", false, "allkeys-lru", 1)), Map.of());
    PipelineSettings mirror =
        settings(
            """
            pipeline: shop
            rules:
              - name: users
                source: { table: users }
                refresh: [ { key: "user:{id}", mode: mirror, ttl: 1d } ]
            """);
    PipelineSettings tags =
        settings(
            """
            pipeline: shop
            rules:
              - name: users
                source: { table: users }
                evict: [ { tag: "team:{id}" } ]
            """);

    assertThat(redis(settings, evicting)).noneMatch(line -> line.contains("memory"));
    assertThat(redis(mirror, evicting)).anyMatch(line -> line.contains("positions of mirrored"));
    assertThat(redis(tags, evicting)).anyMatch(line -> line.contains("member sets of tags"));
    assertThat(
            redis(
                settings,
                new RedisFacts(
                    "default",
                    false,
                    List.of(redisServer("7.4.0", false, "noeviction", 1)),
                    Map.of())))
        .anyMatch(line -> line.contains("once it is full nothing is cached"));
  }

  @Test
  void clocks_that_differ_by_more_than_a_second_are_worth_a_look() {
    Clocks clocks = new Clocks();
    clocks.told("Postgres", 1_000);
    clocks.told("Redis", -1_001);
    Report report = new Report(Section.CLOCKS);

    clocks.look(report);

    assertThat(report.findings())
        .extracting(Finding::severity)
        .containsExactly(Severity.OK, Severity.WARN);
  }

  private List<String> postgres(int major, @Nullable Slot slot, int standbys, RoleFacts role) {
    Report report = new Report(Section.POSTGRES);
    PostgresFacts facts = facts(major, slot, standbys, role);
    new PostgresChecks(settings, ALL).all().forEach(check -> check.look(facts, report));
    new GrantChecks(settings, ALL).all().forEach(check -> check.look(facts, report));
    return lines(report);
  }

  private PostgresFacts facts(int major, @Nullable Slot slot, int standbys, RoleFacts role) {
    return new PostgresFacts(
        major + ".0",
        major,
        false,
        "shop",
        server,
        "default",
        slot == null ? 0 : 1,
        1,
        standbys,
        role,
        CachetideSchema.VERSION,
        slot,
        tables,
        null,
        0);
  }

  private static RoleFacts role(boolean creates, boolean bypasses) {
    return new RoleFacts("app", false, creates, false, bypasses, true);
  }

  private static Set<Privilege> rows() {
    return EnumSet.range(Privilege.SELECT, Privilege.DELETE);
  }

  private KafkaFacts topic(int partitions, int copies, String name, String value) {
    Map<String, String> configs =
        new HashMap<>(
            Map.of(
                "cleanup.policy", "delete",
                "retention.ms", "604800000",
                "retention.bytes", "-1",
                "message.timestamp.type", "LogAppendTime"));
    configs.put(name, value);
    return new KafkaFacts(
        3,
        null,
        false,
        Map.of("shop.writes", new KafkaFacts.Topic(Math.max(6, partitions), copies, configs)),
        Map.of("shop.write-behind", new KafkaFacts.Group("Classic", "Stable", 1)),
        Map.of(),
        null);
  }

  private List<String> kafka(KafkaFacts facts) {
    Report report = new Report(Section.KAFKA);
    new KafkaChecks(
            settings,
            EnumSet.of(Program.WRITE_BEHIND),
            List.of(PipelineTopics.writes("shop.writes", settings.writebehind())))
        .all()
        .forEach(check -> check.look(facts, report));
    return lines(report);
  }

  private static List<String> redis(PipelineSettings settings, RedisFacts facts) {
    Report report = new Report(Section.REDIS);
    new RedisChecks(settings, Set.of("other")).all().forEach(check -> check.look(facts, report));
    return lines(report);
  }

  private static RedisFacts.Server redisServer(
      String version, boolean replica, String policy, long maxmemory) {
    return new RedisFacts.Server(
        "cache", version, "run", replica, policy, maxmemory, false, "", 0L);
  }

  private static List<String> lines(Report report) {
    return report.findings().stream()
        .filter(each -> each.severity() != Severity.OK)
        .map(each -> each.severity() + " " + each.check() + ": " + each.found())
        .toList();
  }

  private PipelineSettings settings(String text) throws Exception {
    Path file = Files.writeString(directory.resolve("shop.yaml"), text);
    LoadedSettings loaded = SettingsLoader.load(file, Map.of());
    assertThat(loaded).isInstanceOf(LoadedSettings.Loaded.class);
    return ((LoadedSettings.Loaded) loaded).settings();
  }
}
