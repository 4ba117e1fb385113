package dev.cachetide.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class MistakesTest {

  private static final String RULE =
      "{ name: users, source: { table: users }, evict: [ { key: \"user:{id}\" } ] }";
  private static final String PG = "postgres: { url: \"jdbc:postgresql://db/shop\", user: u";

  @TempDir private Path directory = Path.of(".");

  private List<Problem> problems(String yaml) {
    return new ConfigFile(directory, yaml).problems(Map.of());
  }

  private static Arguments mistake(String yaml, String path, String message, String fix) {
    return Arguments.of(
        yaml.contains("pipeline") ? yaml : "pipeline: shop\n" + yaml, path, message, fix);
  }

  @ParameterizedTest
  @MethodSource({"ofStructure", "ofServers", "ofRules", "ofLimits", "ofRefreshes"})
  void each_mistake_is_named_with_its_path_and_its_fix(
      String yaml, String path, String message, String fix) {
    List<Problem> problems = problems(yaml);
    assertThat(problems).hasSize(1);
    Problem problem = problems.get(0);
    assertThat(problem.file()).endsWith("cachetide.yaml");
    assertThat(problem.path()).isEqualTo(path);
    assertThat(problem.message()).isEqualTo(message);
    assertThat(problem.fix()).contains(fix);
  }

  private static Arguments ofLimits(String limits, String path, String message, String fix) {
    String rule = RULE.replace("evict", "limits: " + limits + ", evict");
    return mistake("rules: [ " + rule + " ]", "rules[0].limits" + path, message, fix);
  }

  static Stream<Arguments> ofLimits() {
    return Stream.of(
        ofLimits(
            "{ keysPerEvent: 1 }",
            ".keysPerEvent",
            "the key 'keysPerEvent' is not known",
            "did you mean 'keys_per_event'?"),
        ofLimits("{ keys_per_event: 0 }", ".keys_per_event", "0 is below 1", "1"),
        ofLimits(
            "{ keys_per_transaction: many }",
            ".keys_per_transaction",
            "'many' is not a whole number",
            "such as 10000"),
        ofLimits("{}", "", "is empty", "such as { keys_per_transaction: 10000"),
        ofLimits("{ above: { key: k } }", ".above.key", "the key 'key' is not known", "use one of"),
        ofLimits(
            "{ above: { tag: a, version: b } }",
            ".above",
            "says more than one thing",
            "one of tag, version and pattern"),
        ofLimits(
            "{ above: { tag: \"users:{id}\" } }",
            ".above.tag",
            "'users:{id}' holds the column id, which differs from row to row; this has to cover"
                + " them all",
            "without columns"),
        ofLimits(
            "{ above: { pattern: \"*\" } }",
            ".above.pattern",
            "pattern template '*' has no fixed beginning, so that it could match every key",
            "begin"));
  }

  private static Arguments refresh(String yaml, String key, String message, String fix) {
    return mistake(
        "rules: [ { name: a, source: { table: t }, refresh: [ { key: \"u:{id}\", "
            + yaml
            + " } ] } ]",
        "rules[0].refresh[0]." + key,
        message,
        fix);
  }

  static Stream<Arguments> ofRefreshes() {
    return Stream.of(
        refresh(
            "mode: miror, ttl: 1d",
            "mode",
            "'miror' is not one of [fenced, plain, mirror]",
            "did you mean 'mirror'?"),
        refresh("type: A, ttl: 0s", "ttl", "'0s' is not allowed", "such as 10m"),
        refresh(
            "ttl: 10m",
            "type",
            "is missing: entries tell their readers which Java type they hold",
            "com.shop.User"),
        refresh("type: A", "ttl", "is missing: an entry needs an end", "ttl: 10m"),
        refresh(
            "type: A, ttl: 10m, as: hash",
            "as",
            "a fenced entry is one string, which no hash can be",
            "mode: mirror"),
        refresh(
            "type: A, ttl: 10m, query: SELECT 1",
            "query",
            "names no column of the changed row, so that it would read everything each time",
            "ANY(:id)"),
        refresh(
            "type: A, ttl: 10m, query: \"DELETE FROM t WHERE id = ANY(:id)\"",
            "query",
            "does not begin with SELECT or WITH",
            "write a SELECT"),
        refresh(
            "type: A, ttl: 10m, query: \"SELECT 1 WHERE 1 = ANY(:id); COMMIT\"",
            "query",
            "is more than one statement",
            "semicolon"),
        refresh(
            "type: text, ttl: 10m",
            "columns",
            "a value of type text is made of one column",
            "columns: [body]"),
        refresh("type: A, ttl: 10m, again: 1s", "again", "is not for mode fenced", "remove it"),
        refresh("mode: plain, ttl: 10m", "ttl", "is not for mode plain", "remove it"),
        refresh("mode: mirror, ttl: 10m, type: A", "type", "is not for mode mirror", "remove it"),
        refresh(
            "mode: mirror, ttl: 10m, create: true",
            "create",
            "is not for mode mirror",
            "always created"),
        refresh(
            "mode: mirror, ttl: 10m, query: \"SELECT 1 WHERE 1 = ANY(:id)\"",
            "query",
            "is not for mode mirror",
            "mode: fenced"),
        refresh(
            "mode: mirror, ttl: { column: e }, jitter: 5%",
            "jitter", "a life that a column tells is not changed", "remove it"),
        refresh(
            "mode: mirror, ttl: 10m, jitter: 100%",
            "jitter", "'100%' is not allowed", "such as 10%"),
        refresh(
            "mode: mirror, ttl: 10m, create: maybe",
            "create",
            "'maybe' is not true or false",
            "whether"),
        mistake(
            "rules: [ { name: a, source: { table: t }, refresh: [ { key: \"u:{id|lower}\", type: A, ttl: 1m } ] } ]",
            "rules[0].refresh[0].key",
            "'u:{id|lower}' makes something of a value, and rows may come to share it",
            "user:{id}"),
        mistake(
            "rules: [ { name: a, source: { table: t }, refresh: [ { key: \"u:{id}\", mode: plain }, { key: \"u:{id}\", mode: plain } ] } ]",
            "rules[0].refresh[1].key",
            "two refreshes write the key 'u:{id}'",
            "keep one of them"));
  }

  static Stream<Arguments> ofStructure() {
    return Stream.of(
        mistake("pipeline: Shop-1", "pipeline", "'Shop-1' is not allowed", "lower-case letters"),
        mistake(
            "pipeline: \"shop\\n\"", "pipeline", "'shop\n' is not allowed", "lower-case letters"),
        mistake("pipeline:", "pipeline", "has no value", "such as shop"),
        mistake(
            "{ rules: [], x-pipeline: 1, pipeline: shop }",
            "x-pipeline",
            "the key 'x-pipeline' is not known",
            "did you mean 'pipeline'?"),
        mistake("rule: []", "rule", "the key 'rule' is not known", "did you mean 'rules'?"),
        mistake(
            "ingest: { gate-limit: 3s }",
            "ingest.gate-limit",
            "the key 'gate-limit' is not known",
            "did you mean 'gateLimit'?"),
        mistake(
            "ingest: { colour: red }",
            "ingest.colour",
            "the key 'colour' is not known",
            "use one of partitions"),
        mistake(
            "ingest: { gateLimit: 30 }",
            "ingest.gateLimit",
            "30 is not a single text value",
            "double quotes"),
        mistake(
            "ingest: { gateLimit: 30 sec }",
            "ingest.gateLimit",
            "'30 sec' is not allowed",
            "such as 30s"),
        mistake(
            "ingest: { gateLimit: 0s }", "ingest.gateLimit", "'0s' is not allowed", "above zero"),
        mistake(
            "ingest: { gateLimit: 40d }",
            "ingest.gateLimit",
            "'40d' is longer than 24 days",
            "shorter"),
        mistake(
            "ingest: { partitions: many }",
            "ingest.partitions",
            "'many' is not a whole number",
            "such as 6"),
        mistake("ingest: { partitions: 0 }", "ingest.partitions", "0 is below 1", "such as 6"),
        mistake(
            "ingest: { replicationFactor: 0 }",
            "ingest.replicationFactor",
            "0 is not allowed",
            "brokers' default"),
        mistake("http: { port: 70000 }", "http.port", "70000 is above 65535", "such as 8080"),
        mistake("http: 8080", "http", "8080 is not a mapping of keys to values", "write where"),
        mistake(
            "writebehind: { maxPollRecords: 1.5 }",
            "writebehind.maxPollRecords",
            "1.5 is not a whole number",
            "such as 1000"),
        mistake(
            "invalidation: { source: debezum }",
            "invalidation.source",
            "'debezum' is not one of [cachetide, debezium]",
            "did you mean 'debezium'?"),
        mistake(
            "ingest: { debezium: { snapshot.mode: initial } }",
            "ingest.debezium.\"snapshot.mode\"",
            "Cachetide sets 'snapshot.mode' itself: the replication slot is the only offset; a stored one loses events",
            "remove it"),
        mistake(
            "ingest: { debezium: { a: { b: 1 } } }",
            "ingest.debezium.a",
            "a mapping is not a single text value",
            "written with dots"));
  }

  static Stream<Arguments> ofServers() {
    return Stream.of(
        mistake(
            "postgres: { user: u }",
            "postgres.url",
            "is missing",
            "add `url: \"jdbc:postgresql://db:5432/shop\"`"),
        mistake(
            "postgres: { url: \"postgres://db/shop\", user: u }",
            "postgres.url",
            "'postgres://db/shop' is not allowed",
            "such as \"jdbc:postgresql://db:5432/shop\""),
        mistake(
            "postgres: { url: \"jdbc:postgresql://db/shop?password=x\", user: u }",
            "postgres.url",
            "holds a user or a password, which would show wherever the address does",
            "postgres.password"),
        mistake(
            PG + ", password: 123 }",
            "postgres.password",
            "(not shown) is not a single text value",
            "double quotes"),
        mistake(
            PG + ", password: \"${env:NOPE}\" }",
            "postgres.password",
            "the environment variable NOPE is not set",
            "set NOPE"),
        mistake(
            PG + ", password: \"${vault:a:b}\" }",
            "postgres.password",
            "${vault:a:b} names no known source of secrets",
            "${env:NAME}"),
        mistake(
            PG + ", password: \"${file:/nope:key}\" }",
            "postgres.password",
            "the file '/nope' cannot be read, or has no key 'key'",
            "`key=…`"),
        mistake(
            PG + ", password: \"${dir:/nope:name}\" }",
            "postgres.password",
            "the directory '/nope' cannot be read, or has no file 'name'",
            "/nope/name"),
        mistake(
            "kafka: { security.protocol: SSL }",
            "kafka.\"bootstrap.servers\"",
            "is missing",
            "add `bootstrap.servers: \"broker-1:9092,broker-2:9092\"`"),
        mistake(
            "kafka: { bootstrap.servers: broker }",
            "kafka.\"bootstrap.servers\"",
            "'broker' is not allowed",
            "host:port"),
        mistake(
            "kafka: { bootstrap.servers: \"b:1\", acks: 1 }",
            "kafka.acks",
            "Cachetide sets 'acks' itself: nothing counts as published before every in-sync replica has it",
            "remove it"),
        mistake(
            "kafka: { bootstrap.servers: \"b:1\", consumer: { group.id: g } }",
            "kafka.consumer.\"group.id\"",
            "Cachetide sets 'group.id' itself: the group is named after the pipeline",
            "remove it"),
        mistake(
            "kafka: { bootstrap.servers: \"b:1\", producer: { bootstrap.servers: \"c:1\" } }",
            "kafka.producer.\"bootstrap.servers\"",
            "all clients use the same brokers",
            "move it to kafka"),
        mistake(
            "redis: { url: \"http://cache\" }",
            "redis.url",
            "'http://cache' is not allowed",
            "redis://"),
        mistake(
            "redis: { url: \"redis://u:p@ca che\" }",
            "redis.url",
            "(not shown) is not allowed",
            "redis://"),
        mistake(
            "redis: { url: \"redis://u:se^cret@cache\" }",
            "redis.url",
            "is no URL: it holds a character that must be escaped",
            "percent-encode"),
        mistake(
            "redis: { url: \"redis://:se%zzcret@cache\" }",
            "redis.url", "is no URL: it holds a character that must be escaped", "percent-encode"),
        mistake(
            "redis: { url: \"redis-sentinel://u:secret@a:1,b:2/0#shop\", cluster: true }",
            "redis.cluster",
            "is true, and redis.url names Sentinels, which a cluster has none of",
            "one node of the cluster"),
        mistake(
            "redis: { url: \"redis-sentinel://a:1,b:2\" }",
            "redis.url",
            "'redis-sentinel://a:1,b:2' is not allowed",
            "#name"),
        mistake(
            "redis: { url: \"redis://u:secret@cache:65536\" }",
            "redis.url",
            "the port is above 65535",
            "6379"));
  }

  static Stream<Arguments> ofRules() {
    return Stream.of(
        mistake(
            "rules: [ " + RULE + ", " + RULE + " ]",
            "rules[1].name",
            "two rules are named 'users'; the first is rules[0]",
            "another name"),
        mistake(
            "rules: [ { name: a, source: { table: t }, evict: [] } ]",
            "rules[0].evict",
            "is empty",
            "{ key: \"user:{id}\" }"),
        mistake(
            "rules: [ { name: a, source: { table: t }, evict: [ \"user:{id}\" ] } ]",
            "rules[0].evict[0]",
            "'user:{id}' is not a mapping of keys to values",
            "{ key: \"user:{id}\" }"),
        mistake(
            "rules: [ { name: a, source: { table: t }, evict: [ { key: a }, { keys: b } ] } ]",
            "rules[0].evict[1].keys",
            "the key 'keys' is not known",
            "did you mean 'key'?"),
        mistake(
            "rules: [ { name: a, source: { table: t }, evict: [ { } ] } ]",
            "rules[0].evict[0]",
            "is empty",
            "one of key, tag, version and pattern"),
        mistake(
            "rules: [ { name: a, source: { table: t }, evict: [ { key: a, tag: b } ] } ]",
            "rules[0].evict[0]",
            "says more than one thing",
            "one of key, tag, version and pattern"),
        mistake(
            "rules: [ { name: a, source: { table: t }, evict: [ { pattern: \"a:{id}*\" } ] } ]",
            "rules[0].evict[0].pattern",
            "pattern template 'a:{id}*' has a wildcard directly after a column, so that other rows' keys could match",
            "}:*"),
        mistake(
            "rules: [ { name: a, source: { table: t }, evict: [ { tag: \"{id}\" } ] } ]",
            "rules[0].evict[0].tag",
            "key template '{id}' has no fixed beginning, so that evicting the table's keys would evict every key",
            "begin with a prefix"),
        mistake(
            "rules: [ { name: a, source: { schema: s }, evict: [ { key: a } ] } ]",
            "rules[0].source.table",
            "is missing",
            "add `table: users`"),
        mistake("rules: { users: 1 }", "rules", "a mapping is not a list", "source:"),
        mistake(
            "writes: [ { table: users, key: [id] }, { table: public.users, key: [id] } ]",
            "writes[1].table",
            "two entries name the table 'public.users'; the first is writes[0]",
            "keep one"),
        mistake(
            "writes: [ { table: a.b.c, key: [id] } ]",
            "writes[0].table",
            "'a.b.c' is not allowed",
            "<schema>.<table>"),
        mistake(
            "writes: [ { table: users, key: [a, b, a] } ]",
            "writes[0].key[2]",
            "the column 'a' is listed twice",
            "once"),
        mistake(
            "writes: [ { table: users, key: id } ]",
            "writes[0].key",
            "'id' is not a list",
            "[id]"));
  }

  @Test
  void eight_mistakes_give_eight_problems() {
    assertThat(
            problems(
                """
                pipeline: Shop
                postgres: { url: "db/shop", user: u, password: "${env:PG_PASSWORD}" }
                kafka: { bootstrap.servers: "b:1", acks: 0 }
                redis: { uri: "redis://cache", url: "redis://cache" }
                ingest: { heartbeat: soon }
                rules:
                  - { name: users, source: { table: users } }
                writes:
                  - { table: users, key: [] }
                """))
        .extracting(Problem::path)
        .containsExactlyInAnyOrder(
            "pipeline",
            "postgres.url",
            "postgres.password",
            "kafka.acks",
            "redis.uri",
            "ingest.heartbeat",
            "rules[0].evict",
            "writes[0].key");
  }

  @Test
  void a_section_that_a_program_needs_is_demanded() {
    assertThat(
            new ConfigFile(directory, "pipeline: shop")
                .problems(Map.of(), Section.KAFKA, Section.REDIS))
        .extracting(Problem::toString)
        .satisfiesExactly(
            kafka ->
                assertThat(kafka)
                    .contains(
                        "kafka: is missing", "add `kafka: { bootstrap.servers: \"broker:9092\" }`"),
            redis -> assertThat(redis).contains("redis: is missing", "redis://cache:6379"));
  }

  @Test
  void a_syntax_error_is_placed() {
    assertThat(problems("pipeline: shop\nrules: [ a, b\n"))
        .singleElement()
        .satisfies(
            problem -> assertThat(problem.message()).contains("not valid YAML at line 2, column"));
    assertThat(problems("pipeline: shop\npipeline: shop\n"))
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem.message()).contains("Duplicate field 'pipeline'", "line 2"));
    assertThat(problems("pipeline: shop\nhttp: *here\n"))
        .singleElement()
        .satisfies(problem -> assertThat(problem.message()).contains("alias (*name) at line 2"));
    assertThat(problems("pipeline: shop\n---\npipeline: shop\n")).hasSize(1);
  }

  @Test
  void a_file_that_holds_no_configuration_is_refused() {
    assertThat(problems("")).hasSize(1);
    assertThat(problems("- a\n- b\n")).hasSize(1);
    assertThat(SettingsLoader.load(directory.resolve("nope.yaml"), Map.of()))
        .isInstanceOfSatisfying(
            LoadedSettings.Rejected.class,
            rejected ->
                assertThat(rejected.problems().get(0).toString())
                    .contains("nope.yaml", "no such file"));
    assertThat(SettingsLoader.load(directory, Map.of()))
        .isInstanceOf(LoadedSettings.Rejected.class);
  }

  @Test
  void a_wrong_variable_is_named() {
    assertThat(
            new ConfigFile(directory, "pipeline: shop")
                .problems(Map.of("CACHETIDE_HTTP_PROT", "1", "CACHETIDE_INGEST_PARTITIONS", "x")))
        .extracting(Problem::toString)
        .satisfiesExactly(
            unknown ->
                assertThat(unknown)
                    .contains(
                        "CACHETIDE_HTTP_PROT names no setting", "did you mean CACHETIDE_HTTP_PORT"),
            value ->
                assertThat(value)
                    .contains(
                        "ingest.partitions: 'x' is not a whole number (set by the environment variable CACHETIDE_INGEST_PARTITIONS)"));
  }

  @Test
  void a_resolved_secret_is_never_shown() {
    assertThat(
            new ConfigFile(directory, "pipeline: shop\nhttp: { host: h, port: \"${env:S}\" }")
                .problems(Map.of("S", "hunter2")))
        .singleElement()
        .satisfies(problem -> assertThat(problem.toString()).doesNotContain("hunter2"));
  }
}
